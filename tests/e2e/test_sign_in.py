"""Every way to sign in, and what a directory is asked afterwards, by the real az: secrets, certificates, federated tokens,
device code, managed identities; applications, users and groups of Microsoft Graph; roles at every scope.

Each sign-in has a profile of its own, so that none of them stands in for another.
"""

import base64
import json
import re
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

import conftest
import harness
from browser import Browser

GROUP = "SignInGroup"

# A person with a browser without JavaScript: opens the page, picks the first user, and follows the way back.
PERSON = """#!/usr/bin/python3
import html, re, sys, urllib.parse, urllib.request
page = urllib.request.urlopen(sys.argv[1])
while form := re.search(r"<form.*?</form>", page.read().decode(), re.S):
    fields = {n: html.unescape(v) for n, v in re.findall(r'name="([^"]*)" value="([^"]*)"', form[0])}
    origin = "://".join(urllib.parse.urlsplit(page.url)[:2])
    action = urllib.parse.urljoin(page.url, html.unescape(re.search(r'action="([^"]*)"', form[0])[1]))
    page = urllib.request.urlopen(
        urllib.request.Request(action, urllib.parse.urlencode(fields).encode(), {"Origin": origin}))
"""


@pytest.fixture(scope="module")
def instance(program, az):
    yield from conftest.fresh_instance(az)


@pytest.fixture(scope="module")
def group(instance):
    return instance.az(f"group create -n {GROUP} -l eastus")


@pytest.fixture(scope="module")
def application(instance):
    """A service principal that may read, made as people make one."""
    scope = f"/subscriptions/{instance.credentials()['subscription']}"
    return instance.az(f"ad sp create-for-rbac --name signin --role Reader --scopes {scope}")


class Profile:
    """az with a profile of its own, and further variables."""

    def __init__(self, instance, folder, **variables):
        self.env = {**instance.env(), "AZURE_CONFIG_DIR": str(folder), **variables}

    def sh(self, command, **options):
        return harness.run(command, env=self.env, **options)

    def az(self, arguments, **options):
        return self.sh(f"az {arguments} --output json", **options).json()

    def claims(self, resource="https://management.azure.com"):
        token = self.az(f"account get-access-token --resource {resource}")["accessToken"]
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.fixture()
def profile(instance, tmp_path):
    return Profile(instance, tmp_path / "azure")


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


class TestServicePrincipal:
    def test_with_secret(self, profile, application):
        profile.az(f"login --service-principal -u {application['appId']} -p {application['password']}"
                   f" --tenant {application['tenant']}")
        assert profile.claims()["appid"] == application["appId"]
        refused = profile.sh("az group create -n Other -l eastus", check=False)
        assert "AuthorizationFailed" in refused.err

    def test_with_wrong_secret(self, profile, application):
        refused = profile.sh(f"az login --service-principal -u {application['appId']} -p wrong"
                             f" --tenant {application['tenant']}", check=False)
        assert refused.code != 0 and "AADSTS7000215" in refused.err

    def test_container_tool_with_secret(self, instance, group, application, tmp_path):
        """`docker login` as people have it in a pipeline: client id and secret; here by buildah."""
        registry = instance.az(f"acr create -g {GROUP} -n signinregistry --sku Standard")
        roleless = instance.az("ad sp create-for-rbac --name without-role")

        def login(principal, secret):
            return instance.sh(f"buildah login --authfile {tmp_path}/auth.json -u {principal['appId']} -p '{secret}'"
                               f" {registry['loginServer']}", check=False)

        assert "invalid username/password" in login(application, "wrong").err
        assert "invalid username/password" in login(roleless, roleless["password"]).err
        assert login(application, application["password"]).code == 0

    def test_with_certificate(self, instance, profile, application, tmp_path):
        """az makes key and certificate, keeps the key in a file, and signs in with it."""
        made = instance.az("ad sp create-for-rbac --name certified --create-cert")
        profile.az(f"login --service-principal -u {made['appId']} --certificate {made['fileWithCertAndPrivateKey']}"
                   f" --tenant {made['tenant']} --allow-no-subscriptions")
        assert profile.claims()["appid"] == made["appId"]

    def test_with_federated_token(self, instance, group, profile, application):
        """The token is one of another identity of the directory, as a pipeline's would be one of its own issuer."""
        tenant = application["tenant"]
        identity = instance.az(f"identity create -g {GROUP} -n pipeline")
        credential = json.dumps({
            "name": "pipeline", "issuer": f"https://login.microsoftonline.com/{tenant}/v2.0",
            "subject": identity["principalId"], "audiences": ["api://AzureADTokenExchange"]})
        instance.sh(f"az ad app federated-credential create --id {application['appId']} --parameters '{credential}'")
        listed = instance.az(f"ad app federated-credential list --id {application['appId']}")
        assert [entry["name"] for entry in listed] == ["pipeline"]
        door = json.loads(instance.lazuli("env --identity pipeline --shell json").out)
        request = urllib.request.Request(
            door["IDENTITY_ENDPOINT"] + "?api-version=2019-08-01&resource=api://AzureADTokenExchange",
            headers={"X-IDENTITY-HEADER": door["IDENTITY_HEADER"]})
        token = json.load(urllib.request.urlopen(request))["access_token"]
        profile.az(f"login --service-principal -u {application['appId']} --federated-token {token} --tenant {tenant}")
        assert profile.claims()["appid"] == application["appId"]
        instance.sh(f"az ad app federated-credential delete --id {application['appId']} --federated-credential-id pipeline")
        assert instance.az(f"ad app federated-credential list --id {application['appId']}") == []


class TestPerson:
    def test_device_code(self, profile, tmp_path):
        person = script(tmp_path / "person", PERSON)
        started = subprocess.Popen(["az", "login", "--use-device-code", "--output", "json"], env=profile.env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        said = []
        reader = threading.Thread(target=lambda: said.extend(started.stderr))
        reader.start()
        line = harness.until("az names the page and the code",
                             lambda: next((line for line in said if "enter the code" in line), None), 60)
        page, code = re.search(r"(http\S+) and enter the code (\S+)", line).groups()
        harness.run(f"{person} '{page}?user_code={code}'")
        out, _ = started.communicate(timeout=120)
        reader.join()
        assert started.returncode == 0, "".join(said)
        assert json.loads(out)[0]["user"]["type"] == "user"
        self.use(profile)

    def test_browser(self, instance, tmp_path):
        """az opens the browser that $BROWSER names; a person picks who signs in, and az gets its answer as a posted form."""
        address = tmp_path / "address"
        opens = script(tmp_path / "opens", f"#!/bin/sh\nprintf %s \"$1\" > {address}.new && mv {address}.new {address}\n")
        # Without a display az takes the device code.
        profile = Profile(instance, tmp_path / "azure", BROWSER=str(opens), DISPLAY=":0")
        profile.sh("az config set core.login_experience_v2=off")
        started = subprocess.Popen(["az", "login", "--output", "json"], env=profile.env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        try:
            harness.until("az opens the browser", address.exists, 60)
            browser = Browser(instance.lazuli("portal").out.strip())
            try:
                browser.driver.get(address.read_text())
                browser.pick()
                out, err = started.communicate(timeout=120)
            finally:
                browser.close()
        finally:
            started.kill()
        assert started.returncode == 0, err
        assert json.loads(out)[0]["user"]["type"] == "user"
        self.use(profile)

    def use(self, profile):
        """Tokens for several resources come of the refresh token; after a logout there are none."""
        user = profile.az("ad signed-in-user show")
        for resource in ("https://management.azure.com", "https://cognitiveservices.azure.com",
                         "https://graph.microsoft.com", "https://containerregistry.azure.net"):
            claims = profile.claims(resource)
            assert claims["aud"].rstrip("/") == resource and claims["oid"] == user["id"]
        profile.sh("az logout")
        assert "az login" in profile.sh("az account get-access-token", check=False).err


class TestManagedIdentity:
    def test_login(self, instance, group, tmp_path):
        identity = instance.az(f"identity create -g {GROUP} -n machine")
        instance.az(f"role assignment create --assignee-object-id {identity['principalId']}"
                    f" --assignee-principal-type ServicePrincipal --role Contributor --scope {group['id']}")
        door = json.loads(instance.lazuli("env --identity machine --shell json").out)
        profile = Profile(instance, tmp_path / "azure", **door | {"AZURE_CONFIG_DIR": str(tmp_path / "azure")})
        assert profile.az("login --identity")[0]["user"]["type"] == "servicePrincipal"
        assert profile.claims()["oid"] == identity["principalId"]
        assert profile.az(f"group show -n {GROUP}")["id"] == group["id"]
        profile.az(f"login --identity --client-id {identity['clientId']}")
        refused = profile.sh("az login --identity --client-id 11111111-2222-3333-4444-555555555555", check=False)
        assert refused.code != 0

    def test_header_is_needed(self, instance, group):
        instance.az(f"identity create -g {GROUP} -n machine")
        door = json.loads(instance.lazuli("env --identity machine --shell json").out)
        forged = door["IDENTITY_HEADER"].split(".")[0] + "." + "0" * 64
        for header in ({}, {"X-IDENTITY-HEADER": forged}, {"Metadata": "true"}):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(urllib.request.Request(
                    door["IDENTITY_ENDPOINT"] + "?resource=https://management.azure.com", headers=header))

    def test_unknown(self, instance):
        refused = instance.lazuli("env --identity nobody", check=False)
        assert refused.code != 0 and "az identity list" in refused.err


class TestDirectory:
    def test_application(self, instance):
        made = instance.az("ad app create --display-name shop --identifier-uris api://shop-of-the-test")
        assert instance.az(f"ad app show --id {made['appId']}")["displayName"] == "shop"
        instance.sh(f"az ad app update --id {made['appId']} --display-name store")
        assert made["appId"] in [app["appId"] for app in instance.az("ad app list --display-name store")]
        principal = instance.az(f"ad sp create --id {made['appId']}")
        assert instance.az(f"ad sp show --id {made['appId']}")["id"] == principal["id"]
        secret = instance.az(f"ad app credential reset --id {made['appId']}")
        assert secret["password"]
        instance.sh(f"az ad app delete --id {made['appId']}")
        assert instance.sh(f"az ad app show --id {made['appId']}", check=False).code != 0

    def test_users_and_groups(self, instance):
        domain = instance.az("rest --url https://graph.microsoft.com/v1.0/organization"
                             )["value"][0]["verifiedDomains"][0]["name"]
        user = instance.az(f"ad user create --display-name Ada --user-principal-name ada@{domain} --password Str0ng-one!")
        assert instance.az(f"ad user show --id ada@{domain}")["id"] == user["id"]
        team = instance.az("ad group create --display-name Team --mail-nickname team")
        instance.sh(f"az ad group member add --group Team --member-id {user['id']}")
        assert instance.az(f"ad group member check --group Team --member-id {user['id']}") == {"value": True}
        assert [member["id"] for member in instance.az("ad group member list --group Team")] == [user["id"]]
        instance.sh(f"az ad group member remove --group Team --member-id {user['id']}")
        assert instance.az("ad group member list --group Team") == []
        instance.sh(f"az ad group delete --group {team['id']}")
        instance.sh(f"az ad user delete --id {user['id']}")


class TestRoles:
    def test_inherited_through_scopes_and_groups(self, instance, group, tmp_path):
        """A role of the subscription, of a group of resources and of one resource, each given to a group of people."""
        secret = instance.az("ad sp create-for-rbac --name member")
        member = instance.az(f"ad sp show --id {secret['appId']}")
        team = instance.az("ad group create --display-name Readers --mail-nickname readers")
        instance.sh(f"az ad group member add --group Readers --member-id {member['id']}")
        identity = instance.az(f"identity create -g {GROUP} -n watched")
        # az itself refuses a subscription of which nothing may be read.
        elsewhere = instance.az("group create -n Elsewhere -l eastus")
        instance.az(f"role assignment create --assignee-object-id {member['id']} --role Reader"
                    f" --assignee-principal-type ServicePrincipal --scope {elsewhere['id']}")
        profile = Profile(instance, tmp_path / "azure")
        profile.az(f"login --service-principal -u {secret['appId']} -p {secret['password']} --tenant {secret['tenant']}")
        show = f"az identity show --ids {identity['id']}"
        subscription = "/" + "/".join(group["id"].split("/")[1:3])
        for scope in (subscription, group["id"], identity["id"]):
            assert "AuthorizationFailed" in profile.sh(show, check=False).err
            instance.az(f"role assignment create --assignee-object-id {team['id']} --assignee-principal-type Group"
                        f" --role Reader --scope {scope}")
            assert profile.sh(show).json()["id"] == identity["id"]
            instance.sh(f"az role assignment delete --assignee {team['id']} --role Reader --scope {scope}")

    def test_definitions(self, instance, group):
        definition = json.dumps({"Name": "Identity Watcher", "Description": "reads identities", "AssignableScopes": [group["id"]],
                                 "Actions": ["Microsoft.ManagedIdentity/userAssignedIdentities/read"], "NotActions": []})
        instance.az(f"role definition create --role-definition '{definition}'")
        listed = instance.az(f"role definition list --custom-role-only true --scope {group['id']}")
        assert [role["roleName"] for role in listed] == ["Identity Watcher"]
        instance.sh(f"az role definition delete --name 'Identity Watcher' --scope {group['id']}")

    def test_conditions_are_refused_clearly(self, instance, group):
        identity = instance.az(f"identity create -g {GROUP} -n conditional")
        refused = instance.sh(
            f"az role assignment create --assignee-object-id {identity['principalId']} --role Reader"
            f" --assignee-principal-type ServicePrincipal --scope {group['id']} --condition-version 2.0"
            " --condition \"@Resource[a] StringEquals 'b'\"", check=False)
        assert refused.code != 0 and "ondition" in refused.err
