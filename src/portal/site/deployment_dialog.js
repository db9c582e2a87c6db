// The form that deploys a model: name, model with version, type, capacity.
import { fill, h } from "./dom.js";
import { button, busy, errorNotice, field, openDialog, select, setOptions } from "./parts.js";

export function deploymentDialog(page, account, models, version) {
  const offered = models.filter((model) => model.skus.length);
  const titles = offered.map((model, index) => [String(index), `${model.name} ${model.version}`]);
  const name = field("Deployment name", h("input", { required: true, autocomplete: "off", maxlength: "64" }));
  const model = field("Model", select(titles));
  const type = field("Deployment type", select([]));
  const capacity = field("Capacity", h("input", { type: "number", min: "1", required: true }),
    "In thousands of tokens per minute.");
  const said = h("div");

  const chosen = () => offered[Number(model.control.value)];
  const chosenSku = () => chosen().skus.find((sku) => sku.name === type.control.value);
  const showCapacity = () => {
    capacity.control.value = String(Math.max(1, chosenSku()?.capacity?.minimum ?? 1));
  };
  const showTypes = () => {
    setOptions(type.control, chosen().skus.map((sku) => [sku.name, sku.name]), {});
    showCapacity();
  };
  model.control.addEventListener("change", showTypes);
  type.control.addEventListener("change", showCapacity);
  showTypes();

  const create = async (event, close) => {
    event.preventDefault();
    fill(said, busy("Creating…"));
    const { format, name: modelName, version: modelVersion } = chosen();
    try {
      await page.arm.finish("PUT", `${account.id}/deployments/${encodeURIComponent(name.control.value)}`, version, {
        json: {
          sku: { name: type.control.value, capacity: Number(capacity.control.value) },
          properties: { model: { format, name: modelName, version: modelVersion } },
        },
      });
      close();
      page.refresh();
    } catch (error) {
      if (error.name !== "AbortError") fill(said, errorNotice(error));
    }
  };
  const form = h("form", { id: "deployment" },
    [name, model, type, capacity].map((one) => one.element), said);
  const close = openDialog("Create a deployment", form, (shut) => [
    h("button", { form: "deployment", class: "primary" }, "Create"), button("Cancel", shut)]);
  form.addEventListener("submit", (event) => create(event, close));
}
