// The calls: Azure's own, at Azure's own addresses, which this origin passes on under /azure/HOST/PATH.

// An error in the words of whoever answered.
export class AzureError extends Error {
  constructor(code, message, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

// The three forms there are: ARM's and the registry's objects, and the token service's flat one.
function errorOf(status, body) {
  const named = body?.error?.code ? body.error : body?.errors?.[0];
  if (named) return new AzureError(named.code, named.message, status);
  if (body?.error_description) {
    return new AzureError(body.error, body.error_description.replace(/ Trace ID: .*$/s, ""), status);
  }
  return new AzureError(`HTTP ${status}`, "The answer says no more.", status);
}

// One call. `form` or `json` is the body. Gives {status, headers, body}; throws AzureError.
export async function send(method, url, { form, json, token, signal } = {}) {
  const { host, pathname, search } = new URL(url);
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  let answer, text;
  try {
    answer = await fetch(`/azure/${host}${pathname}${search}`, {
      method,
      headers,
      body: form ? new URLSearchParams(form) : json === undefined ? undefined : JSON.stringify(json),
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      signal,
    });
    text = await answer.text();
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new AzureError("NoAnswer", "lazuli does not answer. Is it still running? lazuli status");
  }
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    // An answer that is not JSON has its status to speak for it.
  }
  if (!answer.ok) throw errorOf(answer.status, body);
  return { status: answer.status, headers: answer.headers, body };
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("The page was left.", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

// Azure Resource Manager for one page: calls end with the page's signal.
export class Arm {
  constructor(token, signal) {
    this.token = token;
    this.signal = signal;
  }

  call(method, path, version, json) {
    const query = version ? `${path.includes("?") ? "&" : "?"}api-version=${version}` : "";
    const url = path.startsWith("https://") ? path : `https://management.azure.com${path}${query}`;
    return send(method, url, { json, token: this.token, signal: this.signal });
  }

  async get(path, version) {
    return (await this.call("GET", path, version)).body;
  }

  async post(path, version, json) {
    return (await this.call("POST", path, version, json)).body;
  }

  // Every page of a list.
  async list(path, version) {
    const items = [];
    let page = await this.get(path, version);
    for (;;) {
      items.push(...page.value);
      if (!page.nextLink) return items;
      page = await this.get(page.nextLink);
    }
  }

  // A call that may begin a long-running operation, and its end: the body of the last answer. `onStatus` hears the
  // operation's own word, "Accepted" or the like, each time it is asked.
  async finish(method, path, version, { json, onStatus } = {}) {
    const begun = await this.call(method, path, version, json);
    const statusUrl = begun.headers.get("Azure-AsyncOperation");
    const resultUrl = begun.headers.get("Location");
    if (!statusUrl && !resultUrl) return begun.body;
    let wait = Number(begun.headers.get("Retry-After") ?? 1);
    for (;;) {
      await pause(Math.min(wait, 5) * 1000, this.signal);
      const polled = await this.call("GET", statusUrl ?? resultUrl);
      wait = Number(polled.headers.get("Retry-After") ?? 1);
      if (!statusUrl) {
        if (polled.status !== 202) return polled.body;
        continue;
      }
      const word = polled.body.status;
      if (word === "Succeeded") return polled.body;
      if (word === "Failed" || word === "Canceled") throw errorOf(polled.status, polled.body);
      onStatus?.(word);
    }
  }
}
