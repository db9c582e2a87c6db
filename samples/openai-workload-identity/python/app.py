"""Asks a model on Azure OpenAI from a pod that holds no key.

The identity comes from the pod's service account (DefaultAzureCredential finds what the workload identity webhook put
into the pod), the endpoint from the secret that Service Connector made.
"""

import os
import sys

from azure.identity import DefaultAzureCredential, get_bearer_token_provider
from openai import AzureOpenAI

QUESTION = "Hello, OpenAI!"
DEPLOYMENT = os.environ.get("AZURE_OPENAI_DEPLOYMENT", "MyModel")  # a deployment's name, not a model's


def main():
    credential = DefaultAzureCredential()
    client = AzureOpenAI(
        azure_endpoint=os.environ["AZURE_OPENAI_BASE"],
        azure_ad_token_provider=get_bearer_token_provider(
            credential, "https://cognitiveservices.azure.com/.default"
        ),
        api_version=os.environ.get("OPENAI_API_VERSION", "2023-07-01-preview"),
    )

    print(f"Greetings to OpenAI: {QUESTION}", flush=True)
    answer = client.chat.completions.create(
        model=DEPLOYMENT,
        messages=[{"role": "user", "content": QUESTION}],
    )
    reply = answer.choices[0].message.content
    print(f"Reply from OpenAI: {reply}")
    if not reply:
        sys.exit("Connect to Azure OpenAI service failed.")
    print("Connect to Azure OpenAI service succeeded.")


if __name__ == "__main__":
    main()
