"""EmotionCNN in PyTorch, as a partner for test/torch-roundtrip.test.ts. Reads and writes safetensors by itself.

    emotion-cnn-torch.py write FILE     a network of random weights, saved from its state dict
    emotion-cnn-torch.py read FILE      a network with the file's weights, loaded as a state dict

Both print the network's logits for the formula's images, ten times as strong, as JSON: one row for each.
"""

import importlib.util
import json
import os
import struct
import sys

import numpy as np
import torch

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("steps", os.path.join(here, "ten-adam-steps.py"))
steps = importlib.util.module_from_spec(spec)
spec.loader.exec_module(steps)


def save(state, path):
    header, blobs, end = {"__metadata__": {"format": "pt"}}, [], 0
    for name, value in state.items():
        blob = value.contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [end, end + len(blob)]}
        blobs.append(blob)
        end += len(blob)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(data[start:end], dtype={"F32": "<f4", "F64": "<f8"}[entry["dtype"]])
        state[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return state


def main(command, path):
    torch.manual_seed(1)
    model = steps.EmotionCNN()
    if command == "write":
        save(model.state_dict(), path)
    else:
        model.load_state_dict(load(path))
    with torch.no_grad():
        print(json.dumps(model.eval()(steps.formula_images().float() * 10).tolist()))


if __name__ == "__main__":
    main(*sys.argv[1:])
