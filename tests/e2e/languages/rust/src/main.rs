//! Asks the model with azure_identity. There is no DefaultAzureCredential in Rust and no client for the model, so the
//! call itself is an ordinary HTTPS request.

use azure_core::credentials::TokenCredential;
use azure_identity::WorkloadIdentityCredential;
use serde_json::{json, Value};
use std::{env, error::Error, sync::Arc};

const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let roots = std::fs::read_to_string(env::var("SSL_CERT_FILE")?)?;
    println!("roots {}", roots.matches("BEGIN CERTIFICATE").count());
    let credential: Arc<dyn TokenCredential> = WorkloadIdentityCredential::new(None)?;
    let token = credential.get_token(&[SCOPE], None).await?;
    let endpoint = env::var("AZURE_OPENAI_BASE")?;
    let url = format!(
        "{}/openai/deployments/MyModel/chat/completions?api-version=2024-10-21",
        endpoint.trim_end_matches('/')
    );
    let answer: Value = reqwest::Client::new()
        .post(url)
        .bearer_auth(token.token.secret())
        .json(&json!({"messages": [{"role": "user", "content": "Hello, OpenAI!"}]}))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let text = answer["choices"][0]["message"]["content"].as_str().ok_or("no answer")?;
    println!("ok WorkloadIdentityCredential: {text}");
    Ok(())
}
