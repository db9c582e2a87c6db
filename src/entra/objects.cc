#include "entra/objects.h"

namespace lazuli::entra {

namespace {

JsonObject nulls(std::initializer_list<std::string_view> names) {
  JsonObject out;
  for (const auto name : names) out[name] = nullptr;
  return out;
}

const Json kNone = nullptr;

Json no_items() {
  return JsonArray{};
}

}  // namespace

// The order and the set of members are those of recorded answers (2025).
JsonObject new_application(const NewObject& object) {
  return {{"id", object.object_id},
          {"deletedDateTime", kNone},
          {"appId", object.client_id},
          {"applicationTemplateId", kNone},
          {"disabledByMicrosoftStatus", kNone},
          {"createdDateTime", object.created},
          {"displayName", object.display_name},
          {"description", kNone},
          {"groupMembershipClaims", kNone},
          {"identifierUris", no_items()},
          {"isDeviceOnlyAuthSupported", kNone},
          {"isFallbackPublicClient", kNone},
          {"nativeAuthenticationApisEnabled", kNone},
          {"notes", kNone},
          {"publisherDomain", object.tenant_domain},
          {"serviceManagementReference", kNone},
          {"signInAudience", "AzureADMyOrg"},
          {"tags", no_items()},
          {"tokenEncryptionKeyId", kNone},
          {"uniqueName", kNone},
          {"samlMetadataUrl", kNone},
          {"defaultRedirectUri", kNone},
          {"certification", kNone},
          {"optionalClaims", kNone},
          {"servicePrincipalLockConfiguration", kNone},
          {"requestSignatureVerification", kNone},
          {"addIns", no_items()},
          {"api",
           {{"acceptMappedClaims", kNone},
            {"knownClientApplications", no_items()},
            {"requestedAccessTokenVersion", kNone},
            {"oauth2PermissionScopes", no_items()},
            {"preAuthorizedApplications", no_items()}}},
          {"appRoles", no_items()},
          {"info", nulls({"logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl"})},
          {"keyCredentials", no_items()},
          {"parentalControlSettings", {{"countriesBlockedForMinors", no_items()}, {"legalAgeGroupRule", "Allow"}}},
          {"passwordCredentials", no_items()},
          {"publicClient", {{"redirectUris", no_items()}}},
          {"requiredResourceAccess", no_items()},
          {"verifiedPublisher", nulls({"displayName", "verifiedPublisherId", "addedDateTime"})},
          {"web",
           {{"homePageUrl", kNone},
            {"logoutUrl", kNone},
            {"redirectUris", no_items()},
            {"implicitGrantSettings", {{"enableAccessTokenIssuance", false}, {"enableIdTokenIssuance", false}}},
            {"redirectUriSettings", no_items()}}},
          {"spa", {{"redirectUris", no_items()}}}};
}

JsonObject new_service_principal(const NewObject& object, bool managed_identity) {
  return {{"id", object.object_id},
          {"deletedDateTime", kNone},
          {"accountEnabled", true},
          {"alternativeNames", no_items()},
          {"appDisplayName", managed_identity ? kNone : Json(boost::json::string(object.display_name))},
          {"appDescription", kNone},
          {"appId", object.client_id},
          {"applicationTemplateId", kNone},
          {"appOwnerOrganizationId", managed_identity ? kNone : Json(boost::json::string(object.tenant_id))},
          {"appRoleAssignmentRequired", false},
          {"createdDateTime", object.created},
          {"description", kNone},
          {"disabledByMicrosoftStatus", kNone},
          {"displayName", object.display_name},
          {"homepage", kNone},
          {"loginUrl", kNone},
          {"logoutUrl", kNone},
          {"notes", kNone},
          {"notificationEmailAddresses", no_items()},
          {"preferredSingleSignOnMode", kNone},
          {"preferredTokenSigningKeyThumbprint", kNone},
          {"replyUrls", no_items()},
          {"servicePrincipalNames", JsonArray{Json(boost::json::string(object.client_id))}},
          {"servicePrincipalType", managed_identity ? "ManagedIdentity" : "Application"},
          {"signInAudience", managed_identity ? kNone : Json("AzureADMyOrg")},
          {"tags", no_items()},
          {"tokenEncryptionKeyId", kNone},
          {"samlSingleSignOnSettings", kNone},
          {"addIns", no_items()},
          {"appRoles", no_items()},
          {"info", nulls({"logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl"})},
          {"keyCredentials", no_items()},
          {"oauth2PermissionScopes", no_items()},
          {"passwordCredentials", no_items()},
          {"resourceSpecificApplicationPermissions", no_items()},
          {"verifiedPublisher", nulls({"displayName", "verifiedPublisherId", "addedDateTime"})}};
}

JsonObject new_user(const NewObject& object, std::string_view name) {
  return {{"businessPhones", no_items()},
          {"displayName", object.display_name},
          {"givenName", kNone},
          {"jobTitle", kNone},
          {"mail", kNone},
          {"mobilePhone", kNone},
          {"officeLocation", kNone},
          {"preferredLanguage", kNone},
          {"surname", kNone},
          {"userPrincipalName", name},
          {"id", object.object_id}};
}

JsonObject new_group(const NewObject& object) {
  JsonObject group = {{"id", object.object_id},
                      {"deletedDateTime", kNone},
                      {"classification", kNone},
                      {"createdDateTime", object.created},
                      {"creationOptions", no_items()},
                      {"description", kNone},
                      {"displayName", object.display_name},
                      {"expirationDateTime", kNone},
                      {"groupTypes", no_items()},
                      {"isAssignableToRole", kNone},
                      {"mail", kNone},
                      {"mailEnabled", false},
                      {"mailNickname", kNone}};
  for (const char* name :
       {"membershipRule", "membershipRuleProcessingState", "onPremisesDomainName", "onPremisesLastSyncDateTime",
        "onPremisesNetBiosName", "onPremisesSamAccountName", "onPremisesSecurityIdentifier", "onPremisesSyncEnabled",
        "preferredDataLocation", "preferredLanguage"}) {
    group[name] = nullptr;
  }
  group["proxyAddresses"] = no_items();
  group["renewedDateTime"] = object.created;
  group["resourceBehaviorOptions"] = no_items();
  group["resourceProvisioningOptions"] = no_items();
  group["securityEnabled"] = true;
  group["securityIdentifier"] = nullptr;
  group["theme"] = nullptr;
  group["visibility"] = nullptr;
  group["onPremisesProvisioningErrors"] = no_items();
  group["serviceProvisioningErrors"] = no_items();
  return group;
}

}  // namespace lazuli::entra
