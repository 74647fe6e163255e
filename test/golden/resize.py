"""Makes resize.json: what Pillow's antialiased bilinear resize gives for small images.

    python3 test/golden/resize.py > test/golden/resize.json

Pixels are interleaved bytes in hexadecimal. Made with Pillow 9.4.0. The images come from a generator of a few lines that resize.test.ts has, too, so the file
holds results only.
"""

import json
import sys

from PIL import Image

# (width, height, channels) -> (width, height)
CASES = [
    ((96, 96, 1), (48, 48)),
    ((100, 75, 3), (12, 16)),
    ((37, 61, 1), (24, 24)),
    ((10, 9, 3), (16, 16)),
    ((48, 48, 1), (31, 57)),
    ((333, 211, 1), (24, 24)),
    ((500, 3, 1), (7, 5)),
    ((1, 1, 3), (4, 4)),
    ((9, 2, 1), (1, 1)),
    ((48, 30, 1), (48, 12)),
]


def pixels(count: int) -> bytes:
    """Noise on a slope, from a linear congruential generator."""
    state, values = 1, bytearray()
    for index in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((index // 3 + (state >> 24)) // 2 % 256)
    return bytes(values)


def resized(size, target):
    width, height, channels = size
    mode = "L" if channels == 1 else "RGB"
    image = Image.frombytes(mode, (width, height), pixels(width * height * channels))
    return image.resize(target, Image.BILINEAR).tobytes().hex()


cases = [{"from": size, "to": target, "pixels": resized(size, target)} for size, target in CASES]
lines = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
sys.stdout.write(f"[\n{lines}\n]\n")
