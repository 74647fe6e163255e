"""Makes augment.json: what torchvision's tensor transforms do to small images.

    python3 test/golden/augment.py > test/golden/augment.json

Made with torchvision 0.14 (Debian's python3-torchvision), in float64, so that nothing is rounded to bytes on the way.
Each case names its transform as `transformValues` takes it, and holds the pixels in millionths, [3, size, size] row by
row: all of a small image, every STRIDE-th of one of 48 pixels. null stands where a crop reaches its own edge:
torchvision repeats the crop's last pixels there, we see the pixels next to them. The images come from a generator of
a few lines that augment.test.ts has, too.
"""

import json
import sys

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

SMALL, REAL = 12, 48
STRIDE = 13
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def image(size: int) -> torch.Tensor:
    """Noise on a slope, from a linear congruential generator: [3, size, size] in 0..1."""
    state, values = 1, []
    for index in range(3 * size * size):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((255 * (index % size) // size + (state >> 24)) // 2)
    return torch.tensor(values, dtype=torch.float64).reshape(3, size, size) / 255


def rotated(x, angle):
    # Ours counts clockwise, as F.affine does. With `fill` F.rotate would weigh the border by its coverage twice; without, it fills zeros.
    return F.rotate(x, -angle, InterpolationMode.BILINEAR)


def cropped(x, pixels, left, top):
    size = [x.shape[-1]] * 2
    y = F.resized_crop(x, top, left, pixels, pixels, size, InterpolationMode.BILINEAR, antialias=False)
    centre = (torch.arange(size[0], dtype=torch.float64) + 0.5) * pixels / size[0] - 0.5
    inside = (centre >= 0) & (centre <= pixels - 1)
    return y.masked_fill(~(inside[:, None] & inside[None, :]), torch.nan)


def crop(size, pixels, left, top):
    """A square of whole pixels as we say it: its share of the side, and its centre from the image's centre."""
    return {"side": pixels / size, "dx": left + (pixels - size) / 2, "dy": top + (pixels - size) / 2}


def turned_and_cropped(x, angle, side, dx, dy):
    """One bilinear pass: torchvision moves and enlarges the image where we move and shrink the crop."""
    return F.affine(x, angle, [-dx / side, -dy / side], 1 / side, [0.0, 0.0], InterpolationMode.BILINEAR)


def coloured(x, brightness, contrast, saturation, hue):
    x = F.adjust_contrast(F.adjust_brightness(x, brightness), contrast)
    return F.adjust_hue(F.adjust_saturation(x, saturation), hue)


def normalised(x):
    return F.normalize(x, MEAN, STD)


cases = []


def case(name, x, result, normalise=False, **transform):
    values = result.flatten()[:: STRIDE if x.shape[-1] == REAL else 1].tolist()
    values = [None if value != value else round(1e6 * value) for value in values]
    cases.append(
        {"name": name, "size": x.shape[-1], "transform": transform, "normalise": normalise, "values": values}
    )


x, real = image(SMALL), image(REAL)
case("hflip", x, F.hflip(x), mirror=True)
for angle in [7, -15, 90]:
    case(f"rotate by {angle} degrees", x, rotated(x, angle), angle=angle)
for place in [(10, 0, 2), (9, 1, 1), (11, 1, 0)]:
    case(f"resized_crop {place}", x, cropped(x, *place), **crop(SMALL, *place))
for factor in [0, 0.8, 1.2, 1.7]:
    case(f"adjust_brightness {factor}", x, F.adjust_brightness(x, factor), brightness=factor)
    case(f"adjust_contrast {factor}", x, F.adjust_contrast(x, factor), contrast=factor)
    case(f"adjust_saturation {factor}", x, F.adjust_saturation(x, factor), saturation=factor)
for turn in [0.02, -0.02, 0.3, -0.5]:
    case(f"adjust_hue {turn}", x, F.adjust_hue(x, turn), hue=turn)
case("normalize", x, normalised(x), normalise=True)

warp = {"angle": -11, "side": 0.9, "dx": 1.3, "dy": -0.7}
colour = {"brightness": 0.9, "contrast": 1.15, "saturation": 0.85, "hue": -0.015}
for y in [x, real]:
    result = normalised(coloured(turned_and_cropped(F.hflip(y), **warp), **colour))
    case("all of them", y, result, normalise=True, mirror=True, **warp, **colour)
case("hflip", real, F.hflip(real), mirror=True)
case("rotate by -15 degrees", real, rotated(real, -15), angle=-15)
case("resized_crop (43, 5, 2)", real, cropped(real, 43, 5, 2), **crop(REAL, 43, 5, 2))
case("colours", real, coloured(real, **colour), **colour)

lines = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
sys.stdout.write(f"[\n{lines}\n]\n")
