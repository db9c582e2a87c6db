import com.azure.ai.openai.OpenAIClient;
import com.azure.ai.openai.OpenAIClientBuilder;
import com.azure.ai.openai.models.ChatCompletionsOptions;
import com.azure.ai.openai.models.ChatRequestMessage;
import com.azure.ai.openai.models.ChatRequestUserMessage;
import com.azure.core.credential.TokenCredential;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Asks the model with azure-identity and azure-ai-openai: both credentials, and a stream. */
public class App {
  private static final ChatCompletionsOptions QUESTION =
      new ChatCompletionsOptions(List.<ChatRequestMessage>of(new ChatRequestUserMessage("Hello, OpenAI!")));

  public static void main(String[] arguments) throws Exception {
    System.out.println("roots " + roots());
    OpenAIClient client = clientOf(new DefaultAzureCredentialBuilder().build());
    say("DefaultAzureCredential", ask(client));
    say("WorkloadIdentityCredential", ask(clientOf(new WorkloadIdentityCredentialBuilder().build())));
    say("stream", stream(client));
  }

  private static OpenAIClient clientOf(TokenCredential credential) {
    return new OpenAIClientBuilder().endpoint(System.getenv("AZURE_OPENAI_BASE")).credential(credential).buildClient();
  }

  private static String ask(OpenAIClient client) {
    return client.getChatCompletions("MyModel", QUESTION).getChoices().get(0).getMessage().getContent();
  }

  private static String stream(OpenAIClient client) {
    StringBuilder text = new StringBuilder();
    client.getChatCompletionsStream("MyModel", QUESTION).stream()
        .flatMap(chunk -> chunk.getChoices().stream())
        .map(choice -> choice.getDelta() == null ? null : choice.getDelta().getContent())
        .filter(piece -> piece != null)
        .forEach(text::append);
    return text.toString();
  }

  private static int roots() throws Exception {
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    return ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length;
  }

  private static void say(String way, String answer) {
    if (answer == null || answer.isEmpty()) {
      throw new IllegalStateException("no answer: " + way);
    }
    System.out.println("ok " + way + ": " + answer);
  }
}
