"""Every way in which people break the keyless chain, on the real cluster: named by the doctor, mended by its command.

One row for each: how it is broken, the cause that `lazuli doctor` must name, and, where its command has a blank that only
a person can fill, the command to use instead. After the command the doctor finds nothing, and the pod gets its answer
from the model.
"""

import json

import pytest

import harness

GROUP, CLUSTER, ACCOUNT, DEPLOYMENT = "DoctorGroup", "DoctorAKS", "doctorsaccount", "Chat"
IMAGE = "docker.io/library/python:3.8.10-slim"

# The whole chain in a few lines, with nothing but Python: what every identity library and SDK does.
ASK = """
import json, os, urllib.parse, urllib.request
e = os.environ
form = dict(grant_type="client_credentials", client_id=e["AZURE_CLIENT_ID"],
            scope="https://cognitiveservices.azure.com/.default",
            client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            client_assertion=open(e["AZURE_FEDERATED_TOKEN_FILE"]).read())
token = json.load(urllib.request.urlopen(
    e["AZURE_AUTHORITY_HOST"] + e["AZURE_TENANT_ID"] + "/oauth2/v2.0/token", urllib.parse.urlencode(form).encode()))
call = urllib.request.Request(
    e["AZURE_OPENAI_BASE"] + "openai/deployments/" + e["AZURE_OPENAI_DEPLOYMENT"] + "/chat/completions?api-version="
    + e["OPENAI_API_VERSION"], json.dumps({"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}).encode(),
    {"Authorization": "Bearer " + token["access_token"], "Content-Type": "application/json"})
print("answered" if json.load(urllib.request.urlopen(call))["choices"] else "empty")
"""


def manifest(**changes):
    """The workload as it should be; a test changes one thing."""
    labels = {"app": "app", "azure.workload.identity/use": "true"}
    container = {
        "name": "web", "image": IMAGE, "command": ["sh", "-c", changes.get("command", "exec sleep 3600")],
        "envFrom": [{"secretRef": {"name": "sc-doctorconn-secret"}}],
        "env": [{"name": "AZURE_OPENAI_DEPLOYMENT", "value": DEPLOYMENT}, {"name": "OPENAI_API_VERSION", "value": "2024-10-21"}],
    }
    container.update(changes.get("container", {}))
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "app", "namespace": changes.get("namespace", "default"), "labels": changes.get("labels", {})},
        "spec": {
            "selector": {"matchLabels": {"app": "app"}}, "strategy": {"type": "Recreate"},
            "template": {
                "metadata": {"labels": changes.get("pod_labels", labels), "annotations": changes.get("pod_annotations", {})},
                "spec": {"serviceAccountName": changes.get("account", "SERVICE_ACCOUNT"),
                         "terminationGracePeriodSeconds": 0, "containers": [container]}}}}


class Ward:
    """The cluster with one workload, its connection, and what a test needs to break and mend them."""

    def __init__(self, instance):
        self.instance = instance
        az = instance.az
        az(f"group create -n {GROUP} -l eastus")
        self.identity = az(f"identity create -g {GROUP} -n doctorid")
        az(f"aks create -g {GROUP} -n {CLUSTER} --node-count 1 --generate-ssh-keys")
        self.account = az(
            f"cognitiveservices account create -g {GROUP} -n {ACCOUNT} -l eastus --kind OpenAI --sku s0 --custom-domain {ACCOUNT}")
        self.deploy_model()
        self.registry = az(f"acr create -g {GROUP} -n doctorsregistry --sku Standard")
        instance.az(f"aks get-credentials -g {GROUP} -n {CLUSTER}")
        instance.lazuli(f"image import {IMAGE} {harness.script('base-image.sh', 'python')}", timeout=300)
        self.connect()
        cluster = az(f"aks show -g {GROUP} -n {CLUSTER}")
        self.cluster_id = cluster["id"]
        self.issuer = cluster["oidcIssuerProfile"]["issuerUrl"]
        self.kubelet = cluster["identityProfile"]["kubeletidentity"]["objectId"]
        self.client_id = self.identity["clientId"]
        self.service_account = f"sc-account-{self.client_id}"
        self.credential = ""
        self.credential = self.only_credential()

    def only_credential(self):
        """A test changes the one by which the pod gets through, so there is no other."""
        wanted = (self.issuer, f"system:serviceaccount:default:{self.service_account}")
        found = self.instance.az(f"identity federated-credential list -g {GROUP} --identity-name doctorid")
        found.sort(key=lambda one: (one["issuer"], one["subject"]) != wanted)
        for one in found[1:]:
            self.sh(f"az identity federated-credential delete ON_ID --name {one['name']} --yes")
        return found[0]["name"]

    def deploy_model(self):
        self.instance.az(
            f"cognitiveservices account deployment create -g {GROUP} -n {ACCOUNT} --deployment-name {DEPLOYMENT}"
            " --model-name gpt-4 --model-version 0613 --model-format OpenAI --sku-name Standard --sku-capacity 10")

    def connect(self):
        self.instance.az(
            f"aks connection create cognitiveservices -g {GROUP} -n {CLUSTER} --connection doctorconn"
            f" --target-resource-group {GROUP} --account {ACCOUNT} --workload-identity {self.identity['id']}")

    def sh(self, command, **options):
        for word, value in self.words().items():
            command = command.replace(word, value)
        return self.instance.sh(command, **options)

    def words(self):
        return {
            "CLUSTER_ID": self.cluster_id, "ACCOUNT_ID": self.account["id"], "IDENTITY_ID": self.identity["id"],
            "PRINCIPAL_ID": self.identity["principalId"], "CLIENT_ID_OF": self.client_id, "KUBELET_ID": self.kubelet,
            "SERVICE_ACCOUNT": self.service_account, "ISSUER_URL": self.issuer, "CREDENTIAL": self.credential,
            "SUBJECT": f"system:serviceaccount:default:{self.service_account}", "ON_ID": f"-g {GROUP} --identity-name doctorid",
            "ON_ACCOUNT": f"-g {GROUP} -n {ACCOUNT}", "ON_CLUSTER": f"-g {GROUP} -n {CLUSTER}",
            "ROLE": "--role 'Cognitive Services OpenAI User'",
        }

    def apply(self, document, wait=True):
        self.sh("kubectl apply -f - >/dev/null <<'END'\n" + json.dumps(document) + "\nEND")
        if wait:
            self.settled(document["metadata"]["namespace"])

    def settled(self, namespace="default"):
        """One pod, of the newest template, that runs or is stuck for a reason that it says."""
        def one():
            # The Deployment comes first: what it says of the newest template cannot be older than the pods read after it.
            if not self.rolled_out(namespace):
                return False
            pods = self.sh(f"kubectl get pods -n {namespace} -l app=app -o json").json()["items"]
            pods = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
            if len(pods) != 1:
                return False
            states = pods[0]["status"].get("containerStatuses", [])
            return states and all(
                "running" in s["state"] or "terminated" in s["state"]
                or s["state"].get("waiting", {}).get("reason", "ContainerCreating") != "ContainerCreating" for s in states)
        return harness.until("one pod of the workload", one, 90)

    def rolled_out(self, namespace):
        """Whether the controller has seen the newest template, and no pod of another one is left to it."""
        workload = self.sh(f"kubectl get deployment app -n {namespace} -o json").json()
        status = workload["status"]
        return (status.get("observedGeneration") == workload["metadata"]["generation"]
                and status.get("replicas") == status.get("updatedReplicas") == 1)

    def good(self):
        """Everything as it should be, whatever a test did."""
        self.sh("kubectl annotate sa SERVICE_ACCOUNT azure.workload.identity/client_id- azure.workload.identity/tenant-id-",
                check=False)
        self.connect()
        self.credential = self.only_credential()  # a mended one may have another name
        self.sh("kubectl delete deployment app --ignore-not-found --wait=true")
        self.apply(manifest())

    def report(self, namespace="default", subject="deploy/app"):
        finished = self.instance.lazuli(
            f"doctor {subject} -n {namespace} --cluster {CLUSTER} --output json", check=False)
        return finished.json()

    def found(self, cause, subject="deploy/app"):
        """The command that the doctor has for the cause, once that is what it finds."""
        def diagnosis():
            report = self.report(subject=subject)
            return report if report.get("cause") == cause else False
        report = harness.until(f"the doctor finds {cause}", diagnosis, 60)
        return next(finding["mend"] for finding in report["findings"] if finding.get("cause") == cause)

    def well(self, subject="deploy/app", seconds=60):
        """What the doctor says once there is a pod and nothing wrong with it."""
        def diagnosis():
            report = self.report(subject=subject)
            return report if report["well"] and report["subject"].startswith("pod/") else False
        return harness.until("the doctor finds a pod with nothing wrong", diagnosis, seconds)

    def mend(self, command):
        # kubectl refuses a second restart within one second of the first; a person is not that fast.
        harness.until("the mend is taken", lambda: self.taken(command), 10)
        self.settled()

    def taken(self, command):
        finished = self.sh(command, timeout=180, check=False)
        if finished.code and "within the past second" not in finished.err:
            pytest.fail(finished.describe())
        return finished.code == 0

    def answered(self, subject="deploy/app"):
        asked = self.sh(f"kubectl exec {subject} -i -- python3 - <<'END'\n{ASK}\nEND", check=False)
        return asked.out.strip() == "answered" or asked.describe()


def of_kind(kind, name, document):
    """The same pods, made by another kind of workload."""
    made_from = document["spec"]["template"]
    document = {"kind": kind, "metadata": {"name": name, "namespace": "default"}}
    if kind == "Pod":
        document["metadata"] |= made_from["metadata"]
        return document | {"apiVersion": "v1", "spec": made_from["spec"]}
    made_from["spec"]["restartPolicy"] = "Never"
    job = {"template": made_from, "backoffLimit": 0}
    spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}} if kind == "CronJob" else job
    return document | {"apiVersion": "batch/v1", "spec": spec}


RESTART = "kubectl rollout restart deploy/app >/dev/null"
UPDATE = f"az identity federated-credential update ON_ID --name CREDENTIAL -o none"


def patch_secret(name, value):
    patch = json.dumps({"stringData": {name: value}})
    return f"kubectl patch secret sc-doctorconn-secret -p '{patch}' && {RESTART}"


def env(name, value):
    return f"kubectl set env deploy/app {name}={value}"


def template(patch):
    return f"kubectl patch deploy/app --type merge -p '{json.dumps({'spec': {'template': patch}})}'"


def writes(text):
    return manifest(command=f"echo \"{text}\"; exec sleep 3600")


# name: (how it is broken: a command or a manifest, cause, command instead of the doctor's, command that clears up after)
FAULTS = {
    "label on the Deployment": (manifest(pod_labels={"app": "app"}, labels={"azure.workload.identity/use": "true"}), "label-not-on-the-pod"),
    "no label": (manifest(pod_labels={"app": "app"}), "label-missing"),
    "label is an annotation": (manifest(pod_labels={"app": "app"}, pod_annotations={"azure.workload.identity/use": "true"}), "label-not-on-the-pod"),
    "label with another value": (manifest(pod_labels={"app": "app", "azure.workload.identity/use": "True"}), "label-has-another-value"),
    "workload identity off": (
        f"az aks update ON_CLUSTER --disable-workload-identity -o none && {RESTART}", "workload-identity-off"),
    "pod from before": (
        f"az aks update ON_CLUSTER --disable-workload-identity -o none && {RESTART} && kubectl rollout status deploy/app"
        " && az aks update ON_CLUSTER --enable-oidc-issuer --enable-workload-identity -o none", "pod-older-than-its-set-up"),
    "no annotation": (f"kubectl annotate sa SERVICE_ACCOUNT azure.workload.identity/client-id- && {RESTART}", "client-id-annotation-missing"),
    "annotation misspelt": (
        "kubectl annotate sa SERVICE_ACCOUNT azure.workload.identity/client-id- azure.workload.identity/client_id=CLIENT_ID_OF"
        f" && {RESTART}", "client-id-annotation-misspelt"),
    "resource id as client id": (
        f"kubectl annotate --overwrite sa SERVICE_ACCOUNT azure.workload.identity/client-id=IDENTITY_ID && {RESTART}",
        "client-id-annotation-is-another-id"),
    "object id as client id": (
        f"kubectl annotate --overwrite sa SERVICE_ACCOUNT azure.workload.identity/client-id=PRINCIPAL_ID && {RESTART}",
        "client-id-annotation-is-another-id"),
    "client id of nobody": (
        "kubectl annotate --overwrite sa SERVICE_ACCOUNT azure.workload.identity/client-id=00000000-1111-2222-3333-444444444444"
        f" && {RESTART}", "identity-does-not-exist"),
    "tenant of others": (
        f"kubectl annotate --overwrite sa SERVICE_ACCOUNT azure.workload.identity/tenant-id=00000000-1111-2222-3333-444444444444 && {RESTART}",
        "tenant-id-wrong"),
    "client id of the workload's own": (
        env("AZURE_CLIENT_ID", "00000000-1111-2222-3333-444444444444"), "client-id-differs-from-annotation"),
    "tenant of the workload's own": (env("AZURE_TENANT_ID", "00000000-1111-2222-3333-444444444444"), "tenant-id-wrong"),
    "no service account named": (template({"spec": {"serviceAccountName": "default"}}), "service-account-without-identity"),
    "container skipped": (
        template({"metadata": {"annotations": {"azure.workload.identity/skip-containers": "web"}}}), "container-without-identity"),
    "webhook that the API server does not trust": (
        "kubectl patch mutatingwebhookconfiguration azure-wi-webhook-mutating-webhook-configuration --type json -p '"
        '[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"},'
        '{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]\' && ' + RESTART, "webhook-passes-the-pod-over"),
    "service account deleted": ("kubectl delete sa SERVICE_ACCOUNT", "service-account-missing"),
    "token of the API server": (
        env("AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/kubernetes.io/serviceaccount/token"), "token-of-the-api-server"),
    "no credential": ("az identity federated-credential delete ON_ID --name CREDENTIAL --yes", "no-federated-credential"),
    "issuer without its slash": (
        UPDATE + " --issuer $(echo ISSUER_URL | sed 's#/$##') --subject SUBJECT --audiences api://AzureADTokenExchange", "issuer-differs-by-a-slash"),
    "issuer of another cluster": (
        UPDATE + " --issuer $(echo ISSUER_URL | sed 's#[0-9a-f]\\{8\\}-[^/]*/$#00000000-1111-2222-3333-444444444444/#') --subject SUBJECT"
        " --audiences api://AzureADTokenExchange", "issuer-of-another-cluster"),
    "subject in capitals": (
        UPDATE + " --issuer ISSUER_URL --subject system:serviceaccount:Default:SERVICE_ACCOUNT --audiences api://AzureADTokenExchange",
        "subject-differs-in-case"),
    "subject of another namespace": (
        UPDATE + " --issuer ISSUER_URL --subject system:serviceaccount:shop:SERVICE_ACCOUNT --audiences api://AzureADTokenExchange",
        "subject-of-another-namespace"),
    "subject of another account": (
        UPDATE + " --issuer ISSUER_URL --subject system:serviceaccount:default:default --audiences api://AzureADTokenExchange",
        "subject-of-another-service-account"),
    "audience of another cloud": (
        UPDATE + " --issuer ISSUER_URL --subject SUBJECT --audiences api://AzureADTokenExchangeUSGov", "audience-not-federated"),
    "no role": ("az role assignment delete --assignee PRINCIPAL_ID --scope ACCOUNT_ID ROLE --yes", "role-missing"),
    "control-plane role alone": (
        "az role assignment delete --assignee PRINCIPAL_ID --scope ACCOUNT_ID ROLE --yes && az role assignment create --assignee-object-id"
        " PRINCIPAL_ID --assignee-principal-type ServicePrincipal --role Contributor --scope ACCOUNT_ID -o none", "role-without-data-actions"),
    "role given to the kubelet": (
        "az role assignment delete --assignee PRINCIPAL_ID --scope ACCOUNT_ID --yes && az role assignment create --assignee-object-id"
        " KUBELET_ID --assignee-principal-type ServicePrincipal ROLE --scope ACCOUNT_ID -o none", "role-of-another-principal"),
    "endpoint of no account": (patch_secret("AZURE_OPENAI_BASE", "https://nobodys.openai.azure.com/"), "endpoint-of-no-account"),
    "endpoint with the path": (
        patch_secret("AZURE_OPENAI_BASE", f"https://{ACCOUNT}.openai.azure.com/openai/deployments/{DEPLOYMENT}"), "endpoint-with-a-path"),
    "endpoint of the region": (patch_secret("AZURE_OPENAI_BASE", "https://eastus.api.cognitive.microsoft.com/"), "regional-endpoint"),
    "line end behind the endpoint": (patch_secret("AZURE_OPENAI_BASE", f"https://{ACCOUNT}.openai.azure.com/\n"), "endpoint-with-stray-characters"),
    "key where keys are refused": (
        "az resource update --ids ACCOUNT_ID --set properties.disableLocalAuth=true -o none && " + env("AZURE_OPENAI_API_KEY", "0123"),
        "key-although-local-auth-is-off"),
    "model's name": (env("AZURE_OPENAI_DEPLOYMENT", "gpt-4"), "model-name-instead-of-deployment"),
    "deployment that is not there": (env("AZURE_OPENAI_DEPLOYMENT", "Chatter"), "deployment-does-not-exist"),
    "model's version as api-version": (env("OPENAI_API_VERSION", "0613"), "model-version-as-api-version"),
    "api-version of no form": (env("OPENAI_API_VERSION", "latest"), "api-version-malformed"),
    "scope of another service": (env("AZURE_OPENAI_SCOPE", "https://ai.azure.com/.default"), "token-scope-of-another-service"),
    "public access disabled": (
        "az resource update --ids ACCOUNT_ID --set properties.publicNetworkAccess=Disabled -o none", "public-access-disabled"),
    "secret deleted": (f"kubectl delete secret sc-doctorconn-secret && {RESTART}", "secret-missing"),
    "image of an absent registry": (
        "kubectl set image deploy/app web=nobodysregistry.azurecr.io/app:1", "registry-does-not-exist",
        f"kubectl set image deploy/app web={IMAGE}"),
    "image without right to pull": (
        "kubectl set image deploy/app web=doctorsregistry.azurecr.io/app:1", "pull-not-allowed",
        f"kubectl set image deploy/app web={IMAGE}"),
    "openai older than its httpx": (
        writes("TypeError: __init__() got an unexpected keyword argument 'proxies'"), "httpx-too-new-for-openai", "APPLY"),
    "library without workload identity": (writes("400 Bad Request: Identity not found"), "library-without-workload-identity", "APPLY"),
    "token read once": (writes("AADSTS700024: Client assertion is not within its valid time range"), "token-file-read-once", "APPLY"),
    "variable of another name": (writes("KeyError: 'AZURE_OPENAI_URL'"), "variable-not-set", "APPLY"),
}


@pytest.fixture(scope="module")
def ward(instance):
    made = Ward(instance)
    made.good()
    return made


def test_finds_nothing_where_nothing_is_wrong(ward):
    report = ward.report()
    assert report["well"], json.dumps(report, indent=1)
    assert ward.answered() is True


def test_debug_container_trusts_lazuli(ward):
    pod = ward.sh("kubectl get pod -l app=app -o name").out.strip()
    command = "python3 -c 'import urllib.request as u; print(u.urlopen(\"https://login.microsoftonline.com/common/discovery/keys\").status)'"
    ward.sh(f"kubectl debug {pod} --image {IMAGE} -c debugger --profile general -- {command}")
    log = harness.until("the debug container ends",
                        lambda: ward.sh(f"kubectl logs {pod} -c debugger", check=False).out.strip(), 60)
    assert log == "200", log


# In a pod that the webhook gave no identity: what libraries ask of instance metadata, and what they must hear.
ASK_METADATA = """
import base64, json, sys, urllib.error, urllib.parse, urllib.request
def ask(path, headers={"Metadata": "true"}, **query):
    url = "http://169.254.169.254/metadata/" + path + "?" + urllib.parse.urlencode({"api-version": "2021-02-01", **query})
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, json.load(answer)
def oid(answer):
    claims = answer[1]["access_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["oid"]
token, arm = "identity/oauth2/token", "https://management.azure.com/"
print(json.dumps([
    ask(token, headers={}, resource=arm)[0], oid(ask(token, resource=arm)),
    oid(ask(token, resource=arm, client_id=sys.argv[1])), ask(token, resource=arm, client_id=sys.argv[2])[1]["error_description"],
    ask("instance")[1]["compute"]["name"]]))
call = urllib.request.Request(
    sys.argv[3], b'{"messages": [{"role": "user", "content": "Hello"}]}', {"Content-Type": "application/json", "Authorization":
    "Bearer " + ask(token, resource="https://cognitiveservices.azure.com")[1]["access_token"]})
try:
    urllib.request.urlopen(call)
except urllib.error.HTTPError as error:
    assert error.status == 401, error
"""

# How it is broken, and the reason of the event.
REFUSED = {
    "token": ("az identity federated-credential delete ON_ID --name CREDENTIAL --yes", "NoFederatedCredential"),
    "call": ("az role assignment delete --assignee PRINCIPAL_ID --scope ACCOUNT_ID ROLE --yes", "RoleMissing"),
}


def test_pod_without_identity_has_the_nodes(ward):
    """As on AKS: instance metadata gives it the kubelet identity's token, and nobody else's; the machine has no such address."""
    kubelet = ward.instance.az(f"aks show -g {GROUP} -n {CLUSTER}")["identityProfile"]["kubeletidentity"]
    ward.sh(f"kubectl run plain --image {IMAGE} --restart Never -- sleep 600")
    ward.sh("kubectl wait --for condition=Ready pod/plain --timeout 60s")
    url = f"https://{ACCOUNT}.openai.azure.com/openai/deployments/{DEPLOYMENT}/chat/completions?api-version=2024-10-21"
    said = ward.sh(f"kubectl exec -i plain -- python3 - {kubelet['clientId']} {ward.client_id} '{url}' <<'END'\n{ASK_METADATA}\nEND").json()
    node = ward.sh("kubectl get nodes -o jsonpath={.items[0].metadata.name}").out
    assert said == [400, kubelet["objectId"], kubelet["objectId"], "Identity not found", node[:-6] + "_0"], (said, node)
    assert "169.254.169.254" not in harness.run("ip -o address").out
    # Its call as the node was refused: what it lacks is not a role for the node.
    harness.until("the event", lambda: ward.sh(
        "kubectl get events --field-selector involvedObject.name=plain,reason=LabelMissing -o name").out.strip(), 30)
    ward.sh("kubectl delete pod plain --now")
    # A pod in the node's network has port 80 for itself, and hears of the same metadata.
    ask = """python3 -c 'import socket, urllib.request as u; socket.create_server(("", 80)); print(u.urlopen(
        u.Request("http://169.254.169.254/metadata/versions", headers={"Metadata": "true"})).read().decode())'"""
    ward.sh(f"""kubectl run front --image {IMAGE} --restart Never --overrides '{{"spec": {{"hostNetwork": true}}}}' -- {ask}""")
    ward.sh("kubectl wait --for jsonpath={.status.phase}=Succeeded pod/front --timeout 60s")
    assert "apiVersions" in ward.sh("kubectl logs front").out
    ward.sh("kubectl delete pod front")


@pytest.mark.parametrize("what", REFUSED)
def test_refusal_is_an_event_on_the_pod(ward, what):
    """Nobody asks the doctor: the pod is refused, and `kubectl describe pod` says why; the command in it mends it."""
    broken, reason = REFUSED[what]
    ward.sh(broken)
    try:
        assert ward.answered() is not True
        pod = ward.sh("kubectl get pod -l app=app -o jsonpath={.items[0].metadata.name}").out
        named = f"kubectl get events --field-selector involvedObject.name={pod},reason={reason} -o json"
        event, = harness.until("the event", lambda: ward.sh(named).json()["items"], 30)
        assert (event["type"], event["count"], event["source"]["component"]) == ("Warning", 1, "lazuli"), event
        assert reason in ward.sh(f"kubectl describe pod {pod}").out
        assert not ward.report()["well"]  # asking for it counts on, in the same event
        event, = ward.sh(named).json()["items"]
        assert event["count"] == 2, event
        ward.mend(event["message"].split(" To mend it: ")[1])
        ward.credential = ward.only_credential()
        assert ward.answered() is True
    except AssertionError:
        ward.good()
        raise


@pytest.mark.parametrize("kind", ["Pod", "Job", "CronJob"])
def test_mends_what_the_pod_is_made_from(ward, kind):
    """A pod and a Job cannot be changed, and a CronJob waits for its time: the command brings a pod with the label all the same."""
    subject = f"{kind.lower()}/other"
    workload = of_kind(kind, "other", manifest(pod_labels={"app": "other"}, account=ward.service_account))
    ward.apply(workload, wait=False)
    if kind == "CronJob":
        ward.sh("kubectl create job other-first --from=cronjob/other")
    try:
        ward.sh(ward.found("label-missing", subject))
        pod = ward.well(subject)["subject"].split()[0]  # a Job's pod is made after the command has ended
        ward.sh(f"kubectl wait --for condition=Ready {pod} --timeout 60s")
        assert ward.answered(pod) is True
    finally:
        ward.sh(f"kubectl delete {subject} --now && kubectl delete job other-first --ignore-not-found --now")


def test_workload_without_a_pod_is_explained(ward):
    """No pod can be made: what it would be is looked at."""
    ward.sh(template({"spec": {"serviceAccountName": "sc-acount"}}))
    try:
        ward.mend(ward.found("service-account-missing"))
        assert ward.answered() is True
    finally:
        ward.good()


def test_validate_tells_what_the_doctor_finds(ward):
    """`az aks connection validate`: Azure's five checks, with the doctor's command in the one that fails."""
    def validated():
        told = ward.instance.az(f"aks connection validate -g {GROUP} -n {CLUSTER} --connection doctorconn")
        return {one["name"]: one for one in told}
    ward.sh("az role assignment delete --assignee PRINCIPAL_ID --scope ACCOUNT_ID ROLE --yes")
    try:
        checks = validated()
        wrong, = [one for one in checks.values() if one["result"] != "success"]
        assert len(checks) == 5 and wrong["name"] == "Managed Identity permissions validated.", checks
        ward.sh(wrong["description"].split(" To mend it: ")[1])
        assert {one["result"] for one in validated().values()} == {"success"}
    except AssertionError:
        ward.good()
        raise


@pytest.mark.parametrize("name", FAULTS)
def test_is_named_and_mended(ward, name):
    broken, cause, *instead = FAULTS[name]
    if isinstance(broken, dict):
        broken["spec"]["template"]["spec"]["serviceAccountName"] = ward.service_account
        ward.apply(broken)
    else:
        ward.sh(broken, timeout=180)
        ward.settled()
    try:
        report = ward.report()
        assert report["cause"] == cause, json.dumps(report, indent=1)
        mend = next(finding["mend"] for finding in report["findings"] if finding.get("cause") == cause)
        if instead and instead[0] == "APPLY":
            ward.apply(manifest(account=ward.service_account))
        else:
            ward.mend(instead[0] if instead else mend)
        ward.well(seconds=30)
        assert ward.answered() is True
    finally:
        ward.sh("az resource update --ids ACCOUNT_ID --set properties.disableLocalAuth=false properties.publicNetworkAccess=Enabled"
                " -o none" if "refused" in name or "public" in name else "true")
        ward.good()
