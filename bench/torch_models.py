"""The backbones and the magnification head in PyTorch, to compare speed and numbers with.

RCAN: Zhang et al., ECCV 2018. EDSR: Lim et al., CVPRW 2017. SwinIR: Liang et al., ICCVW 2021. Parameters
have the names of the published weights. A backbone is `features`, up to what upsampling starts from, and
`reconstruct`. Images are [N, 3, H, W] in 0..1. check_torch_models.py compares them with the goldens.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

# Mean of DIV2K's training images.
RGB_MEAN = (0.4488, 0.4371, 0.4040)


class Backbone(nn.Module):
    def forward(self, lr):
        return self.reconstruct(self.features(lr))


def conv(inputs, outputs, kernel_px=3):
    return nn.Conv2d(inputs, outputs, kernel_px, padding=kernel_px // 2)


def upsampler(scale, channels):
    """Doubles as often as needed, or once by 3: a convolution and a pixel shuffle each."""
    factors = [3] if scale == 3 else [2] * int(math.log2(scale))
    stages = [(conv(channels, channels * f * f), nn.PixelShuffle(f)) for f in factors]
    return nn.Sequential(*(layer for stage in stages for layer in stage))


def mean_shift(sign, trainable):
    """Adds the mean colour or takes it away: a 1x1 convolution in the published weights."""
    shift = conv(3, 3, 1)
    with torch.no_grad():
        shift.weight.copy_(torch.eye(3).reshape(3, 3, 1, 1))
        shift.bias.copy_(sign * torch.tensor(RGB_MEAN))
    return shift.requires_grad_(trainable)


class Residual(nn.Module):
    """x + scale * body(x)"""

    def __init__(self, *layers, scale=1.0):
        super().__init__()
        self.body = nn.Sequential(*layers)
        self.scale = scale

    def forward(self, x):
        y = self.body(x)
        return x + (y if self.scale == 1 else y * self.scale)


class ConvBackbone(Backbone):
    """What RCAN and EDSR have in common: all but what the body is made of."""

    def __init__(self, layers, features, scale, train_mean_shift=False):
        super().__init__()
        self.sub_mean = mean_shift(-1, train_mean_shift)
        self.head = nn.Sequential(conv(3, features))
        self.body = nn.Sequential(*layers, conv(features, features))
        self.tail = nn.Sequential(upsampler(scale, features), conv(features, 3))
        self.add_mean = mean_shift(1, train_mean_shift)
        self.feature_channels = features

    def features(self, lr):
        shallow = self.head(self.sub_mean(lr))
        return shallow + self.body(shallow)

    def reconstruct(self, x):
        return self.add_mean(self.tail(x))


class EDSR(ConvBackbone):
    def __init__(self, scale=2, blocks=16, features=64, residual_scale=1.0):
        def block():
            layers = conv(features, features), nn.ReLU(inplace=True), conv(features, features)
            return Residual(*layers, scale=residual_scale)

        super().__init__([block() for _ in range(blocks)], features, scale)


class ChannelAttention(nn.Module):
    def __init__(self, features, reduction):
        super().__init__()
        squeezed = features // reduction
        squeeze, excite = conv(features, squeezed, 1), conv(squeezed, features, 1)
        self.conv_du = nn.Sequential(squeeze, nn.ReLU(inplace=True), excite, nn.Sigmoid())

    def forward(self, x):
        return x * self.conv_du(F.adaptive_avg_pool2d(x, 1))


class RCAN(ConvBackbone):
    """The mean shift learns in the authors' code; here it does when asked to, as in the TypeScript side."""

    def __init__(
        self, scale=2, groups=10, blocks=20, features=64, reduction=16, train_mean_shift=False
    ):
        def block():
            layers = conv(features, features), nn.ReLU(inplace=True), conv(features, features)
            return Residual(*layers, ChannelAttention(features, reduction))

        def group():
            return Residual(*(block() for _ in range(blocks)), conv(features, features))

        layers = [group() for _ in range(groups)]
        super().__init__(layers, features, scale, train_mean_shift)


# SwinIR. Within the transformer images are [N, H, W, C], their sides multiples of the window's.


def partition(x, side):
    """[N, H, W, C] to [N * windows, side * side, C]"""
    n, h, w, c = x.shape
    x = x.reshape(n, h // side, side, w // side, side, c)
    return x.transpose(2, 3).reshape(-1, side * side, c)


def merge(windows, shape, side):
    """[N * windows, side * side, C] to [N, H, W, C]"""
    n, h, w, c = shape
    x = windows.reshape(n, h // side, w // side, side, side, c)
    return x.transpose(2, 3).reshape(n, h, w, c)


def relative_positions(side):
    """For each two pixels of a window, the row of the bias table that is for their distance."""
    y, x = torch.arange(side * side) // side, torch.arange(side * side) % side
    dy, dx = y[:, None] - y, x[:, None] - x
    return (dy + side - 1) * (2 * side - 1) + dx + side - 1


def shift_mask(h, w, side):
    """-100 where two pixels of a shifted window are not neighbours in the image: [windows, side^2, side^2]"""

    def regions(length):
        position = torch.arange(length)
        return (position >= length - side).int() + (position >= length - side // 2).int()

    labels = 3 * regions(h)[:, None] + regions(w)  # [H, W]
    rows = partition(labels[None, :, :, None], side).squeeze(-1)  # [windows, side^2]
    return -100.0 * (rows[:, None, :] != rows[:, :, None]).float()


class WindowAttention(nn.Module):
    def __init__(self, features, heads, side):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.empty((2 * side - 1) ** 2, heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.qkv = nn.Linear(features, 3 * features)
        self.proj = nn.Linear(features, features)
        self.register_buffer("positions", relative_positions(side), persistent=False)

    def forward(self, x, mask):
        m, pixels, c = x.shape
        qkv = self.qkv(x).reshape(m, pixels, 3, self.heads, c // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each [M, heads, pixels, depth]
        scores = q * (c // self.heads) ** -0.5 @ k.transpose(-2, -1)
        bias = self.relative_position_bias_table[self.positions.flatten()]
        scores = scores + bias.reshape(pixels, pixels, self.heads).permute(2, 0, 1)
        if mask is not None:
            windows = len(mask)  # of one image
            scores = scores.reshape(-1, windows, self.heads, pixels, pixels) + mask[:, None]
            scores = scores.reshape(m, self.heads, pixels, pixels)
        attended = scores.softmax(-1) @ v
        return self.proj(attended.transpose(1, 2).reshape(m, pixels, c))


class Mlp(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(features, hidden), nn.Linear(hidden, features)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class TransformerBlock(nn.Module):
    def __init__(self, features, heads, side, shifted, mlp_ratio, drop_path):
        super().__init__()
        self.side, self.shifted, self.drop_path = side, shifted, drop_path
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attn = WindowAttention(features, heads, side)
        self.mlp = Mlp(features, int(features * mlp_ratio))

    def attend(self, x, mask):
        if not self.shifted or mask is None:
            return merge(self.attn(partition(x, self.side), None), x.shape, self.side)
        px = self.side // 2
        rows = partition(x.roll((-px, -px), (1, 2)), self.side)
        return merge(self.attn(rows, mask), x.shape, self.side).roll((px, px), (1, 2))

    def drop(self, branch):
        """Stochastic depth: the branch of whole images is left out."""
        if not self.training or self.drop_path == 0:
            return branch
        kept = branch.new_empty(len(branch), 1, 1, 1).bernoulli_(1 - self.drop_path)
        return branch * kept / (1 - self.drop_path)

    def forward(self, x, mask):
        x = x + self.drop(self.attend(self.norm1(x), mask))
        return x + self.drop(self.mlp(self.norm2(x)))


def to_nhwc(x):
    return x.permute(0, 2, 3, 1)


def to_nchw(x):
    return x.permute(0, 3, 1, 2)


class ResidualLayer(nn.Module):
    def __init__(self, features, blocks):
        super().__init__()
        self.residual_group = nn.ModuleDict({"blocks": nn.ModuleList(blocks)})
        self.conv = conv(features, features)

    def forward(self, x, mask):
        y = x
        for block in self.residual_group["blocks"]:
            y = block(y, mask)
        return x + to_nhwc(self.conv(to_nchw(y)))


class SwinIR(Backbone):
    """The defaults are those of the published SwinIR-S, for lightweight SR."""

    def __init__(
        self, scale=2, depths=(6, 6, 6, 6), features=60, heads=(6, 6, 6, 6), window_px=8,
        mlp_ratio=2, upsampler="pixelshuffledirect", drop_path=0.1,
    ):  # fmt: skip
        super().__init__()
        self.scale, self.window_px, self.feature_channels = scale, window_px, features
        self.masks = {}
        self.register_buffer("mean", torch.tensor(RGB_MEAN).reshape(3, 1, 1), persistent=False)
        rates = iter(torch.linspace(0, drop_path, sum(depths)).tolist())
        self.conv_first = conv(3, features)
        self.patch_embed = nn.ModuleDict({"norm": nn.LayerNorm(features)})
        self.layers = nn.ModuleList()
        for depth, count in zip(depths, heads, strict=True):
            shared = features, count, window_px
            blocks = [
                TransformerBlock(*shared, i % 2 == 1, mlp_ratio, next(rates)) for i in range(depth)
            ]
            self.layers.append(ResidualLayer(features, blocks))
        self.norm = nn.LayerNorm(features)
        self.conv_after_body = conv(features, features)
        self.add_upsampler(upsampler, features, scale)
        self.apply(self.initialise)

    def add_upsampler(self, kind, features, scale):
        self.direct = kind == "pixelshuffledirect"
        if self.direct:
            expand = conv(features, 3 * scale * scale)
            self.upsample = nn.Sequential(expand, nn.PixelShuffle(scale))
        else:
            self.conv_before_upsample = nn.Sequential(conv(features, 64), nn.LeakyReLU(inplace=True))
            self.upsample = upsampler(scale, 64)
            self.conv_last = conv(64, 3)

    @staticmethod
    def initialise(module):
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)

    def mask(self, x):
        """The mask of shifted windows; none where a side of the image is one window, which is not shifted."""
        h, w = x.shape[-2:]
        if min(h, w) <= self.window_px:
            return None
        if (h, w) not in self.masks:
            self.masks[h, w] = shift_mask(h, w, self.window_px).to(x.device)
        return self.masks[h, w].to(x.dtype)

    def features(self, lr):
        h, w = lr.shape[-2:]
        padding = (0, -w % self.window_px, 0, -h % self.window_px)
        if any(padding):
            lr = F.pad(lr, padding, mode="reflect")
        shallow = self.conv_first(lr - self.mean)
        mask = self.mask(lr)
        x = self.patch_embed["norm"](to_nhwc(shallow))
        for layer in self.layers:
            x = layer(x, mask)
        return shallow + self.conv_after_body(to_nchw(self.norm(x)))

    def reconstruct(self, x):
        if self.direct:
            return self.upsample(x) + self.mean
        return self.conv_last(self.upsample(self.conv_before_upsample(x))) + self.mean

    def forward(self, lr):
        h, w = lr.shape[-2:]
        return super().forward(lr)[..., : h * self.scale, : w * self.scale]


class ConvPool(nn.Module):
    """The magnification head: convolution and ReLU, mean over all positions, linear."""

    def __init__(self, channels, classes, features=64):
        super().__init__()
        self.conv = conv(channels, features)
        self.linear = nn.Linear(features, classes)

    def forward(self, features):
        return self.linear(self.conv(features).relu().mean((2, 3)))


class MultiTask(nn.Module):
    """A backbone with a head that reads its features: (SR, logits). LR of sides that the window divides."""

    def __init__(self, backbone, classes):
        super().__init__()
        self.backbone = backbone
        self.magnification = ConvPool(backbone.feature_channels, classes)

    def forward(self, lr):
        features = self.backbone.features(lr)
        return self.backbone.reconstruct(features), self.magnification(features)
