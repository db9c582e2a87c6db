"""Asks the model in every way that the installed libraries offer: credentials, sync and async, streams, both paths."""

import asyncio
import importlib.util
import os
import ssl

import azure.identity
import azure.identity.aio
import openai

SCOPE = "https://cognitiveservices.azure.com/.default"
ENDPOINT = os.environ["AZURE_OPENAI_BASE"]
DEPLOYMENT = os.environ.get("AZURE_OPENAI_DEPLOYMENT", "MyModel")
QUESTION = [{"role": "user", "content": "Hello, OpenAI!"}]
TODAY = int(openai.__version__.split(".")[0]) > 1
VERSION = "2024-10-21" if TODAY else "2023-07-01-preview"


def say(way, answer):
    assert answer, way
    print(f"ok {way}: {answer}", flush=True)


def client_of(credential):
    provider = azure.identity.get_bearer_token_provider(credential, SCOPE)
    return openai.AzureOpenAI(azure_endpoint=ENDPOINT, azure_ad_token_provider=provider, api_version=VERSION)


def pieces(chunks):
    # The first chunk has the prompt's filter results and no choice.
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def sync_ways():
    for way, credential in {
        "DefaultAzureCredential": azure.identity.DefaultAzureCredential(),
        "WorkloadIdentityCredential": azure.identity.WorkloadIdentityCredential(),
    }.items():
        answer = client_of(credential).chat.completions.create(model=DEPLOYMENT, messages=QUESTION)
        say(way, answer.choices[0].message.content)
    client = client_of(azure.identity.DefaultAzureCredential())
    say("stream", pieces(client.chat.completions.create(model=DEPLOYMENT, messages=QUESTION, stream=True)))


def ways_of_the_node():
    for way, credential in {
        "DefaultAzureCredential": azure.identity.DefaultAzureCredential(),
        "ManagedIdentityCredential": azure.identity.ManagedIdentityCredential(),
        "by client id": azure.identity.ManagedIdentityCredential(client_id=os.environ["NODE_CLIENT_ID"]),
    }.items():
        answer = client_of(credential).chat.completions.create(model=DEPLOYMENT, messages=QUESTION)
        say(way, answer.choices[0].message.content)


async def async_ways():
    async with azure.identity.aio.DefaultAzureCredential() as credential:
        async def provider():
            return (await credential.get_token(SCOPE)).token

        client = openai.AsyncAzureOpenAI(
            azure_endpoint=ENDPOINT, azure_ad_token_provider=provider, api_version=VERSION)
        answer = await client.chat.completions.create(model=DEPLOYMENT, messages=QUESTION)
        say("async", answer.choices[0].message.content)
        chunks = await client.chat.completions.create(model=DEPLOYMENT, messages=QUESTION, stream=True)
        say("async stream", pieces([chunk async for chunk in chunks]))


def ways_of_today():
    credential = azure.identity.DefaultAzureCredential()
    provider = azure.identity.get_bearer_token_provider(credential, SCOPE)
    client = openai.OpenAI(base_url=ENDPOINT.rstrip("/") + "/openai/v1/", api_key=provider)
    say("openai/v1", client.chat.completions.create(model=DEPLOYMENT, messages=QUESTION).choices[0].message.content)
    say("responses", client.responses.create(model=DEPLOYMENT, input="Hello, OpenAI!").output_text)

    from langchain_openai import AzureChatOpenAI

    chat = AzureChatOpenAI(azure_endpoint=ENDPOINT, azure_deployment=DEPLOYMENT, api_version=VERSION,
                           azure_ad_token_provider=provider)
    say("LangChain", chat.invoke("Hello, OpenAI!").content)
    asyncio.run(semantic_kernel(provider))


async def semantic_kernel(provider):
    from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion, AzureChatPromptExecutionSettings
    from semantic_kernel.contents import ChatHistory

    service = AzureChatCompletion(endpoint=ENDPOINT, deployment_name=DEPLOYMENT, api_version=VERSION,
                                  ad_token_provider=provider)
    history = ChatHistory()
    history.add_user_message("Hello, OpenAI!")
    say("Semantic Kernel", str(await service.get_chat_message_content(history, AzureChatPromptExecutionSettings())))


def main():
    print("roots", ssl.create_default_context().cert_store_stats()["x509_ca"])
    if os.environ.get("NODE_CLIENT_ID"):
        return ways_of_the_node()
    if os.environ.get("AZURE_KUBERNETES_TOKEN_PROXY"):
        credential = azure.identity.WorkloadIdentityCredential(enable_azure_proxy=True)
        answer = client_of(credential).chat.completions.create(model=DEPLOYMENT, messages=QUESTION)
        say("token proxy", answer.choices[0].message.content)
        return
    sync_ways()
    asyncio.run(async_ways())
    if importlib.util.find_spec("langchain_openai"):
        ways_of_today()


main()
