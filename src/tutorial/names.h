// The names that the tutorial uses, and those that az computes from them.
#pragma once

#include <string>
#include <string_view>

namespace lazuli::tutorial {

// The tutorial's own names.
namespace names {
inline constexpr const char* kGroup = "MyResourceGroup";
inline constexpr const char* kLocation = "eastus";
inline constexpr const char* kCluster = "MyAKSCluster";
inline constexpr const char* kAccount = "MyOpenAIService";
inline constexpr const char* kDomain = "myopenaiservice";
inline constexpr const char* kDeployment = "MyModel";
inline constexpr const char* kRegistry = "myregistry";
inline constexpr const char* kIdentity = "MyIdentity";
inline constexpr const char* kImage = "sc-demo-openai-identity:latest";
inline constexpr const char* kRepository = "sc-demo-openai-identity";
inline constexpr const char* kPod = "sc-demo-openai-identity";
inline constexpr const char* kLastLine = "Connect to Azure OpenAI service succeeded.";
}  // namespace names

// The names that az computes for what Service Connector creates in the cluster.
std::string secret_name(std::string_view connection);
std::string service_account_name(std::string_view client_id);

}  // namespace lazuli::tutorial
