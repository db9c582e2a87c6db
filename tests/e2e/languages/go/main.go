// Asks the model with azidentity and openai-go: both credentials, a stream, both paths.
package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/azure"
	"github.com/openai/openai-go/v3/option"
)

const scope = "https://cognitiveservices.azure.com/.default"

var (
	endpoint = os.Getenv("AZURE_OPENAI_BASE")
	question = openai.ChatCompletionNewParams{
		Model:    deployment(),
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello, OpenAI!")},
	}
)

func deployment() string {
	if name := os.Getenv("AZURE_OPENAI_DEPLOYMENT"); name != "" {
		return name
	}
	return "MyModel"
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func say(way, answer string) {
	if answer == "" {
		log.Fatalf("no answer: %s", way)
	}
	fmt.Printf("ok %s: %s\n", way, answer)
}

func clientOf(credential azcore.TokenCredential) openai.Client {
	return openai.NewClient(azure.WithEndpoint(endpoint, "2024-10-21"), azure.WithTokenCredential(credential))
}

func ask(client openai.Client) string {
	return must(client.Chat.Completions.New(context.Background(), question)).Choices[0].Message.Content
}

func stream(client openai.Client) string {
	var text strings.Builder
	chunks := client.Chat.Completions.NewStreaming(context.Background(), question)
	for chunks.Next() {
		for _, choice := range chunks.Current().Choices {
			text.WriteString(choice.Delta.Content)
		}
	}
	must(0, chunks.Err())
	return text.String()
}

func main() {
	roots := must(x509.SystemCertPool())
	fmt.Println("roots", len(roots.Subjects())) //nolint:staticcheck // a pool that was read from files
	if os.Getenv("AZURE_KUBERNETES_TOKEN_PROXY") != "" {
		options := azidentity.WorkloadIdentityCredentialOptions{EnableAzureProxy: true}
		say("token proxy", ask(clientOf(must(azidentity.NewWorkloadIdentityCredential(&options)))))
		return
	}
	credential := must(azidentity.NewDefaultAzureCredential(nil))
	say("DefaultAzureCredential", ask(clientOf(credential)))
	say("WorkloadIdentityCredential", ask(clientOf(must(azidentity.NewWorkloadIdentityCredential(nil)))))
	say("stream", stream(clientOf(credential)))
	token := must(credential.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{scope}}))
	v1 := option.WithBaseURL(strings.TrimRight(endpoint, "/") + "/openai/v1/")
	say("openai/v1", ask(openai.NewClient(v1, option.WithAPIKey(token.Token))))
}
