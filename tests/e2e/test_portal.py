"""The tutorial's Portal tab, by a real browser against a cluster that the real az made.

The browser is a person's: it sees no ids and calls no interface. What it did is then looked at with az and kubectl.
"""

import base64
import json

import pytest

from browser import Browser

GROUP, CLUSTER, ACCOUNT, IDENTITY, REGISTRY = "PortalGroup", "PortalAKS", "portalsaccount", "portalsid", "portalsregistry"
CONNECTION = "openai_conn"
PASSWORD = "Portal-Reader-1"


@pytest.fixture(scope="module")
def made(instance, tmp_path_factory):
    """What the tutorial has before it comes to its Portal tab, and a person who may read but not write."""
    az = instance.az
    az(f"group create -n {GROUP} -l eastus")
    az(f"identity create -g {GROUP} -n {IDENTITY}")
    az(f"cognitiveservices account create -g {GROUP} -n {ACCOUNT} -l eastus --kind OpenAI --sku s0 --custom-domain {ACCOUNT}")
    az(f"acr create -g {GROUP} -n {REGISTRY} --sku Standard")
    context = tmp_path_factory.mktemp("context")
    (context / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    instance.sh(f"az acr build --registry {REGISTRY} --image team/app:1.0 .", cwd=context)
    az(f"aks create -g {GROUP} -n {CLUSTER} --node-count 1 --generate-ssh-keys")
    az(f"aks get-credentials -g {GROUP} -n {CLUSTER}")
    reader = az(f"ad user create --display-name Reader --user-principal-name reader@lazuli.onmicrosoft.com --password {PASSWORD}")
    az(f"role assignment create --assignee-object-id {reader['id']} --assignee-principal-type User --role Reader"
       f" --scope /subscriptions/{instance.credentials()['subscription']}/resourceGroups/{GROUP}")
    az("ad user create --display-name Nobody --user-principal-name nobody@lazuli.onmicrosoft.com --password Portal-Nobody-1")
    return instance


@pytest.fixture(scope="module")
def page(made):
    browser = Browser(made.lazuli("portal").out.strip())
    try:
        browser.open()
        browser.sign_in()
        yield browser
    finally:
        browser.close()


def open_resource(page, name):
    page.open()
    page.click(name)
    page.sees("Overview", name)


def sound(page):
    """Nothing that the policy refused, nothing without a name, and it fits a telephone."""
    assert page.console() == []
    for size in ((1280, 900), (400, 800)):
        page.resize(*size)
        assert page.faults() == [], size
    page.resize(1280, 900)


@pytest.mark.incremental
class TestPerson:
    def test_sees_what_az_made(self, page):
        page.sees(GROUP)
        names = {row[0]: row[1:] for row in page.rows("resources")}
        assert names[CLUSTER] == ["Kubernetes service", GROUP, "eastus"]
        assert names[ACCOUNT][0] == "Azure OpenAI"
        assert {IDENTITY, REGISTRY} <= names.keys()
        sound(page)

    def test_opens_a_resource(self, page, made):
        open_resource(page, CLUSTER)
        assert page.fact("Power state") == "Running"
        page.click("Properties")
        shown = made.az(f"aks show -g {GROUP} -n {CLUSTER}")
        page.sees(shown["id"].rsplit("/", 1)[1], '"provisioningState": "Succeeded"')
        sound(page)

    def test_the_wizard_says_what_is_missing(self, page):
        open_resource(page, CLUSTER)
        page.click("Service Connector")
        page.sees("There are no service connections yet.")
        page.click("Create")
        page.write("Kubernetes namespace", "No Namespace")
        page.click("Review + Create")
        page.sees("Something is missing")
        page.click("Basics")
        assert page.control("Kubernetes namespace").get_attribute("aria-invalid") == "true"
        sound(page)

    def test_creates_a_connection_with_the_wizard(self, page):
        open_resource(page, CLUSTER)
        page.click("Service Connector")
        page.click("Create")
        assert page.value("Kubernetes namespace") == "default"
        page.choose("Service type", "OpenAI Service")
        page.write("Connection name", CONNECTION)
        assert page.value("Subscription") == "lazuli"
        page.choose("OpenAI", f"{ACCOUNT} ({GROUP})")
        page.choose("Client type", "Python")
        page.click("Next")
        assert page.value("Authentication type") == "Workload Identity"
        # The cluster has an identity of its own beside ours: which one is meant is not guessed.
        assert page.value("User assigned managed identity") == "Choose…"
        page.choose("User assigned managed identity", f"{IDENTITY} ({GROUP})")
        page.click("Next")
        page.click("Next")
        page.sees("Workload Identity", CONNECTION, ACCOUNT, IDENTITY)
        sound(page)
        page.click("Create")
        page.sees(f"The connection {CONNECTION} is created.", seconds=60)
        page.click("Go to Service Connector")

    def test_reads_the_names_for_the_pod_in_the_pane(self, page, made):
        account, secret = page.fact("Service account", CONNECTION), page.fact("Secret", CONNECTION)
        shown = made.az(f"aks connection show -g {GROUP} -n {CLUSTER} --connection {CONNECTION}")
        assert shown["kubernetesResourceName"] == {"serviceAccount": account, "secret": secret}
        assert (shown["clientType"], shown["scope"]) == ("python", "default")
        found = made.sh(f"kubectl get serviceaccount/{account} secret/{secret} -o json").json()
        assert {one["metadata"]["name"] for one in found["items"]} == {account, secret}
        facts = [page.fact(term, CONNECTION) for term in
                 ("Kubernetes namespace", "Service type", "Target", "Authentication type", "Client type")]
        assert facts == ["default", "OpenAI Service", ACCOUNT, "Workload Identity", "Python"]
        page.click("Settings", CONNECTION)
        page.sees("AZURE_OPENAI_ENDPOINT", f"https://{ACCOUNT}.openai.azure.com/")
        sound(page)

    def test_validates_it(self, page, made):
        page.click("Validate", CONNECTION)
        page.sees("The connection works.")
        assert {row[1] for row in page.rows("checks")} == {"success"}
        secret = page.fact("Secret", CONNECTION)
        kept = made.sh(f"kubectl get secret/{secret} -o json").json()
        made.sh(f"kubectl delete secret/{secret}")
        page.click("Validate", CONNECTION)
        page.sees("The connection does not work.", "failure")
        kept["metadata"] = {"name": secret, "labels": kept["metadata"]["labels"]}
        made.sh("kubectl apply -f -", stdin=json.dumps(kept))

    def test_sees_azures_error(self, page):
        page.click("Create")
        page.write("Connection name", CONNECTION.replace("_", "."))  # another name with the same secret
        page.click("Authentication")
        page.choose("User assigned managed identity", f"{IDENTITY} ({GROUP})")
        page.click("Review + Create")
        page.click("Create")
        page.sees("Conflict", f"The connection '{CONNECTION}' has the same Kubernetes secret")
        assert [line for line in page.console() if "409" not in line] == []

    def test_sees_the_federated_credential(self, page):
        open_resource(page, IDENTITY)
        page.click("Federated credentials")
        page.sees("system:serviceaccount:default:sc-account-")
        sound(page)

    def test_deletes_it(self, page, made):
        open_resource(page, CLUSTER)
        page.click("Service Connector")
        secret = page.fact("Secret", CONNECTION)
        page.click("Delete", CONNECTION)
        page.click("Delete")
        page.sees("There are no service connections yet.")
        assert made.az(f"aks connection list -g {GROUP} -n {CLUSTER}") == []
        assert made.sh(f"kubectl get secret/{secret}", check=False).code != 0

    def test_connects_by_key_where_a_person_wants_that(self, page, made):
        page.click("Create")
        page.write("Kubernetes namespace", "team")
        page.write("Connection name", "by_key")
        page.click("Authentication")
        page.choose("Authentication type", "Connection string")
        page.click("Review + Create")
        assert not page.shows_fact("Service account")
        page.click("Create")
        # The operation was accepted and failed later; its error is Azure's, and the wizard is still there.
        page.sees("GeneralUserError", "kubectl create namespace team", seconds=60)
        made.sh("kubectl create namespace team")
        page.click("Create")
        page.sees("The connection by_key is created.", seconds=60)
        page.click("Go to Service Connector")
        assert page.fact("Authentication type", "by_key") == "Connection string"
        kept = made.sh(f"kubectl get secret/{page.fact('Secret', 'by_key')} -n team -o json").json()
        key = made.az(f"cognitiveservices account keys list -g {GROUP} -n {ACCOUNT}")["key1"]
        assert base64.b64decode(kept["data"]["AZURE_OPENAI_KEY"]).decode() == key

    def test_deploys_a_model(self, page, made):
        open_resource(page, ACCOUNT)
        page.click("Deployments")
        page.click("Create")
        page.write("Deployment name", "MyModel")
        page.choose("Model", "gpt-4 0613")
        page.click("Create")
        page.wait("the deployment", lambda: page.rows("deployments"))
        assert page.rows("deployments")[0][:3] == ["MyModel", "gpt-4 0613", "Standard"]
        (deployment,) = made.az(f"cognitiveservices account deployment list -g {GROUP} -n {ACCOUNT}")
        assert deployment["name"] == "MyModel"
        sound(page)
        page.click("Delete")
        page.click("Delete")
        page.sees("There are no deployments yet.")

    def test_regenerates_a_key(self, page, made):
        before = made.az(f"cognitiveservices account keys list -g {GROUP} -n {ACCOUNT}")
        page.click("Keys and Endpoint")
        page.click("Show keys")
        assert page.fact("Key 1") == before["key1"]
        page.click("Regenerate Key 1")
        page.click("Regenerate")
        page.wait("another key", lambda: page.fact("Key 1") != before["key1"])
        after = made.az(f"cognitiveservices account keys list -g {GROUP} -n {ACCOUNT}")
        assert (page.fact("Key 1"), page.fact("Key 2")) == (after["key1"], before["key2"])
        sound(page)

    def test_finds_a_model_in_the_catalogue(self, page):
        page.click("Models")
        page.wait("the models", lambda: len(page.rows("models")) > 20)
        sound(page)

    def test_sees_an_image_of_the_registry(self, page):
        open_resource(page, REGISTRY)
        page.click("Repositories")
        page.click("team/app")
        page.sees(f"{REGISTRY}.azurecr.io/team/app:1.0", "sha256:")
        sound(page)


class TestRoles:
    @pytest.fixture()
    def visitor(self, made):
        browser = Browser(made.lazuli("portal").out.strip())
        try:
            browser.open()
            yield browser
        finally:
            browser.close()

    def test_a_reader_reads_and_is_refused_a_connection(self, visitor):
        visitor.sign_in("Reader", PASSWORD)
        open_resource(visitor, CLUSTER)
        visitor.click("Service Connector")
        visitor.click("Create")
        visitor.click("Review + Create")
        visitor.click("Create")
        visitor.sees("AuthorizationFailed", "Microsoft.ServiceLinker/linkers/write")

    def test_who_has_no_role_sees_nothing(self, visitor):
        visitor.sign_in("Nobody", "Portal-Nobody-1")
        visitor.sees("There are no resource groups yet")
        assert visitor.rows("resources") == []

    def test_who_declines_is_told_so_and_may_try_again(self, visitor):
        visitor.click("Sign in")
        visitor.click("Cancel")
        visitor.sees("access_denied", "Sign in")

    def test_signing_out_forgets_the_token(self, visitor):
        visitor.sign_in()
        visitor.sees(GROUP)
        visitor.click("Sign out")
        visitor.sees("Sign in")
        assert visitor.driver.execute_script("return sessionStorage.length") == 0
        visitor.open()
        visitor.sees("Sign in")

    def test_an_answer_that_nobody_asked_for_is_refused(self, visitor):
        visitor.driver.get("about:blank")  # or it would be a step within the page
        visitor.open("#code=stolen&state=guessed")
        visitor.sees("InvalidState", "Sign in")
