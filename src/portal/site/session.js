// Who uses the portal: the authorization code flow with PKCE of a public client (RFC 7636), at the sign-in pages beside
// this one. The access token lives in this tab's sessionStorage and nowhere else; there is no refresh token, so that
// nothing outlives it. When it has expired the person signs in again and comes back to the same page.
import { AzureError, send } from "./azure.js";

const kClient = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";  // the Azure portal's own id
const kScope = "https://management.azure.com/.default openid profile";
const kTokenEndpoint = "https://login.microsoftonline.com/organizations/oauth2/v2.0/token";
const kSession = "lazuli.session";
const kPending = "lazuli.sign-in";
const kMargin = 60;  // seconds: a token that is about to expire is no token

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function claimsOf(token) {
  const text = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

const address = `${location.origin}/`;

// Leaves for the sign-in page; comes back to `page`, a fragment.
export async function signIn(page) {
  const pending = { verifier: random(), state: random(), nonce: random(), page };
  sessionStorage.setItem(kPending, JSON.stringify(pending));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pending.verifier));
  location.assign(`/authorize?${new URLSearchParams({
    client_id: kClient,
    response_type: "code",
    response_mode: "fragment",
    redirect_uri: address,
    scope: kScope,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: base64url(new Uint8Array(hash)),
    code_challenge_method: "S256",
  })}`);
}

// Takes the sign-in page's answer from the fragment, if there is one, and puts the page in its place. What the answer
// says counts only if this tab asked for it.
export async function completeSignIn() {
  const answer = new URLSearchParams(location.hash.slice(1));
  if (!answer.has("state")) return;
  const pending = JSON.parse(sessionStorage.getItem(kPending) ?? "null");
  sessionStorage.removeItem(kPending);
  history.replaceState(null, "", `/${pending?.page ?? "#/"}`);
  if (!pending || answer.get("state") !== pending.state) {
    throw new AzureError("InvalidState", "This sign-in was not begun here. Sign in again.");
  }
  if (answer.has("error")) throw new AzureError(answer.get("error"), answer.get("error_description") ?? "");
  const { body } = await send("POST", kTokenEndpoint, {
    form: {
      client_id: kClient,
      grant_type: "authorization_code",
      code: answer.get("code"),
      redirect_uri: address,
      code_verifier: pending.verifier,
      scope: kScope,
    },
  });
  const claims = claimsOf(body.id_token);
  if (claims.nonce !== pending.nonce) throw new AzureError("InvalidNonce", "The answer belongs to another sign-in.");
  sessionStorage.setItem(kSession, JSON.stringify({
    token: body.access_token,
    until: Date.now() / 1000 + body.expires_in,
    name: claims.name,
    userName: claims.preferred_username,
    tenant: claims.tid,
  }));
}

// {token, name, userName, tenant}, or null.
export function session() {
  const kept = JSON.parse(sessionStorage.getItem(kSession) ?? "null");
  return kept && kept.until - kMargin > Date.now() / 1000 ? kept : null;
}

export function signOut() {
  sessionStorage.clear();
}
