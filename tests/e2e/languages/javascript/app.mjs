// Asks the model with @azure/identity and openai: both credentials, a stream, both paths.
import tls from "node:tls";

import { DefaultAzureCredential, WorkloadIdentityCredential, getBearerTokenProvider } from "@azure/identity";
import OpenAI, { AzureOpenAI } from "openai";

const scope = "https://cognitiveservices.azure.com/.default";
const endpoint = process.env.AZURE_OPENAI_BASE;
const model = process.env.AZURE_OPENAI_DEPLOYMENT ?? "MyModel";
const messages = [{ role: "user", content: "Hello, OpenAI!" }];

function say(way, answer) {
  if (!answer) throw new Error(`no answer: ${way}`);
  console.log(`ok ${way}: ${answer}`);
}

function clientOf(credential) {
  const azureADTokenProvider = getBearerTokenProvider(credential, scope);
  return new AzureOpenAI({ endpoint, azureADTokenProvider, apiVersion: "2024-10-21" });
}

async function ask(client) {
  const answer = await client.chat.completions.create({ model, messages });
  return answer.choices[0].message.content;
}

console.log("roots", tls.getCACertificates("default").length);
if (process.env.AZURE_KUBERNETES_TOKEN_PROXY) {
  say("token proxy", await ask(clientOf(new WorkloadIdentityCredential({ enableAzureProxy: true }))));
} else {
  const credential = new DefaultAzureCredential();
  const client = clientOf(credential);
  say("DefaultAzureCredential", await ask(client));
  say("WorkloadIdentityCredential", await ask(clientOf(new WorkloadIdentityCredential())));
  let text = "";
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  say("stream", text);
  const apiKey = getBearerTokenProvider(credential, scope);
  say("openai/v1", await ask(new OpenAI({ baseURL: new URL("openai/v1/", endpoint).href, apiKey })));
}
