"""Writes a BERT sentence model (safetensors, vocab.txt) as the one GGUF file that llama.cpp reads.

    bert-to-gguf.py MODEL_FOLDER NAME TARGET

Needs nothing but Python. Matrices become float16, which halves the file; norms and biases stay float32. Forms: the
safetensors and GGUF (version 3) specifications, and the names that llama.cpp has for the parts of its "bert" models.
"""

import json
import mmap
import pathlib
import re
import struct
import sys

ALIGNMENT = 32
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32 = 4, 6, 7, 8, 9, 5  # of metadata values
F32, F16 = 0, 1  # of tensors
MEAN_POOLING = 1

NAMES = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def gguf_name(name):
    """llama.cpp's name of a tensor, or None for what it does not use (the pooler)."""
    path, kind = name.rsplit(".", 1)
    layer = re.fullmatch(r"encoder\.layer\.(\d+)\.(.+)", path)
    if layer:
        return f"blk.{layer[1]}.{NAMES[layer[2]]}.{kind}"
    return f"{NAMES[path]}.{kind}" if path in NAMES else None


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key, kind, value):
    if kind == STRING:
        packed = text(value)
    elif kind == ARRAY:
        of, items = value
        packed = struct.pack("<IQ", of, len(items))
        packed += b"".join(map(text, items)) if of == STRING else struct.pack(f"<{len(items)}i", *items)
    else:
        packed = struct.pack({UINT32: "<I", FLOAT32: "<f", BOOL: "<?"}[kind], value)
    return text(key) + struct.pack("<I", kind) + packed


def token(word):
    """WordPiece as llama.cpp has it: pieces that begin a word carry the mark, those that go on do not."""
    if word.startswith("[") and word.endswith("]"):
        return word
    return word[2:] if word.startswith("##") else "\u2581" + word


def metadata(folder, name):
    config = json.loads((folder / "config.json").read_text())
    words = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    assert config["model_type"] == "bert" and len(words) == config["vocab_size"]
    special = {f"[{kind}]" for kind in ("PAD", "UNK", "CLS", "SEP", "MASK")}
    return [
        entry("general.architecture", STRING, "bert"),
        entry("general.name", STRING, name),
        entry("general.file_type", UINT32, F16),
        entry("bert.context_length", UINT32, config["max_position_embeddings"]),
        entry("bert.embedding_length", UINT32, config["hidden_size"]),
        entry("bert.feed_forward_length", UINT32, config["intermediate_size"]),
        entry("bert.block_count", UINT32, config["num_hidden_layers"]),
        entry("bert.attention.head_count", UINT32, config["num_attention_heads"]),
        entry("bert.attention.layer_norm_epsilon", FLOAT32, config["layer_norm_eps"]),
        entry("bert.attention.causal", BOOL, False),
        entry("bert.pooling_type", UINT32, MEAN_POOLING),
        entry("tokenizer.ggml.model", STRING, "bert"),
        entry("tokenizer.ggml.pre", STRING, "default"),
        entry("tokenizer.ggml.token_type_count", UINT32, config["type_vocab_size"]),
        entry("tokenizer.ggml.tokens", ARRAY, (STRING, [token(word) for word in words])),
        entry("tokenizer.ggml.token_type", ARRAY, (INT32, [3 if word in special else 1 for word in words])),
        entry("tokenizer.ggml.unknown_token_id", UINT32, words.index("[UNK]")),
        entry("tokenizer.ggml.bos_token_id", UINT32, words.index("[CLS]")),
        entry("tokenizer.ggml.cls_token_id", UINT32, words.index("[CLS]")),
        entry("tokenizer.ggml.eos_token_id", UINT32, words.index("[SEP]")),
        entry("tokenizer.ggml.seperator_token_id", UINT32, words.index("[SEP]")),  # its own spelling
        entry("tokenizer.ggml.padding_token_id", UINT32, words.index("[PAD]")),
        entry("tokenizer.ggml.mask_token_id", UINT32, words.index("[MASK]")),
    ]


def halves(data, piece=1 << 18):
    """float32 as float16, a piece at a time."""
    for at in range(0, len(data), piece):
        numbers = data[at : at + piece]
        yield struct.pack(f"<{len(numbers) // 4}e", *struct.unpack(f"<{len(numbers) // 4}f", numbers))


def write(folder, name, target):
    with open(folder / "model.safetensors", "rb") as source, open(target, "wb") as out:
        data = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8 : 8 + size])
        tensors, infos, offset = [], [], 0
        for known, about in sorted(header.items()):
            named = gguf_name(known) if known != "__metadata__" else None
            if named is None:
                continue
            assert about["dtype"] == "F32", f"{known} is {about['dtype']}"
            shape, (begin, end) = about["shape"], about["data_offsets"]
            half = len(shape) == 2 and named not in ("position_embd.weight", "token_types.weight")
            infos.append(text(named) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *reversed(shape), F16 if half else F32, offset))
            tensors.append((8 + size + begin, 8 + size + end, half))
            length = (end - begin) // 2 if half else end - begin
            offset += -(-length // ALIGNMENT) * ALIGNMENT
        entries = metadata(folder, name)
        out.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + b"".join(entries + infos))
        for begin, end, half in tensors:
            out.write(bytes(-out.tell() % ALIGNMENT))
            for piece in halves(data[begin:end]) if half else [data[begin:end]]:
                out.write(piece)
        out.write(bytes(-out.tell() % ALIGNMENT))


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3])
