"""The G2P of the ``hama`` package for many words at once: its network, with its weights, in torch.

The package reads a word after the other, in milliseconds; here all words of one length are read together. Its network
(version 1.7): vectors of letters with a small convolution, two bidirectional GRUs, and a decoder of two GRUs that attends
to the letters, with a penalty for each letter by which it leaves its last position.
"""

import struct
from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_MAGIC = b"HAMAPK"
_HEADER = struct.Struct("<6sBBI")  # magic, version, kind, number of tensors
_FLOAT16 = 1
_DRIFT_COST = 0.1  # nats a letter, for attention away from where it was
_HIDDEN = 96

# names of the tensors without a name of their own; a GRU: weights of input, of state, and both biases
_ENCODER_GRUS = (("GRU_484", "GRU_485", "GRU_483"), ("GRU_527", "GRU_528", "GRU_526"))
_DECODER_GRUS = (("GRU_279", "GRU_280", "GRU_281"), ("GRU_299", "GRU_300", "GRU_301"))
Tensors = Dict[str, Tensor]


def read_tensors(content: bytes) -> Tensors:
    """Return the tensors of a ``.hama`` file, float16, without the prefixes of their names.

    Raises:
      ValueError: it is no such file, or has numbers other than float16.
    """
    magic, _, _, count = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        raise ValueError(f"found {magic!r}; expected {_MAGIC!r}")
    place, rows = _HEADER.size, []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, place)
        name = content[place + 2 : place + 2 + length].decode()
        place += 2 + length
        kind, rank = content[place : place + 2]
        *shape, offset, size = struct.unpack_from(f"<{rank}IQQ", content, place + 2)
        place += 2 + 4 * rank + 16
        if kind != _FLOAT16:
            raise ValueError(f"{name} has numbers of kind {kind}; expected {_FLOAT16}")
        rows.append((name.replace("model.", "").replace("onnx::", ""), shape, offset, size))
    first = len(content) - max(offset + size for _, _, offset, size in rows)
    return {
        name: torch.from_numpy(np.frombuffer(content, np.float16, size // 2, first + offset).copy()).view(shape)
        for name, shape, offset, size in rows
    }


@dataclass(frozen=True)
class Gru:
    """A GRU of one direction, with the gates in the order of torch: reset, update, new."""

    of_input: Tensor
    of_state: Tensor
    input_bias: Tensor
    state_bias: Tensor

    @staticmethod
    def of(tensors: Tensors, names: Tuple[str, str, str], direction: int) -> "Gru":
        of_input, of_state, biases = (tensors[name][direction] for name in names)
        input_bias, state_bias = biases.chunk(2)
        return Gru(_in_order(of_input).t(), _in_order(of_state).t(), _in_order(input_bias), _in_order(state_bias))

    def step(self, gates: Tensor, state: Tensor) -> Tensor:
        """Return the next state of N words, ``(N, H)``, from what the input adds to the gates, ``(N, 3 * H)``."""
        of_state = torch.addmm(self.state_bias, state, self.of_state)
        opened = torch.sigmoid(gates[:, : 2 * _HIDDEN] + of_state[:, : 2 * _HIDDEN])
        reset, update = opened[:, :_HIDDEN], opened[:, _HIDDEN:]
        new = torch.tanh(gates[:, 2 * _HIDDEN :] + reset * of_state[:, 2 * _HIDDEN :])
        following: Tensor = torch.lerp(new, state, update)
        return following

    def gates(self, inputs: Tensor) -> Tensor:
        """Return what inputs add to the gates, ``(N, 3 * H)``."""
        gates: Tensor = torch.addmm(self.input_bias, inputs, self.of_input)
        return gates

    def run(self, inputs: Tensor, backwards: bool) -> Tuple[Tensor, Tensor]:
        """Return the states of N words at all L places, ``(L, N, H)``, and the last state; inputs are ``(L, N, D)``."""
        num_places, num_words, _ = inputs.shape
        gates = self.gates(inputs.reshape(num_places * num_words, -1)).view(num_places, num_words, -1)
        states = torch.empty(num_places, num_words, _HIDDEN)
        state = torch.zeros(num_words, _HIDDEN)
        for place in reversed(range(num_places)) if backwards else range(num_places):
            state = self.step(gates[place], state)
            states[place] = state
        return states, state


def _in_order(gates: Tensor) -> Tensor:
    """Return the gates of ONNX, update, reset, new, in the order of torch."""
    update, reset, new = gates.chunk(3)
    ordered: Tensor = torch.cat([reset, update, new]).contiguous()
    return ordered


class HamaNetwork:
    """The network of the package.

    Args:
      encoder, decoder: the contents of its files.
      alphabet: codes of the letters that it is to read.
      first, end: codes of the beginning and of the end of a pronunciation.

    Raises:
      KeyError, ValueError: the package has another network.
    """

    def __init__(self, encoder: bytes, decoder: bytes, alphabet: Sequence[int], first: int, end: int):
        stored = read_tensors(encoder)
        stored["encoder_embedding.weight"] = stored["encoder_embedding.weight"][list(alphabet)]
        self._encoder = {name: tensor.float() for name, tensor in stored.items()}
        self._decoder = {name: tensor.float() for name, tensor in read_tensors(decoder).items()}
        self._first, self._end = first, end
        self._encoder_grus = [
            [Gru.of(self._encoder, names, direction) for direction in (0, 1)] for names in _ENCODER_GRUS
        ]
        self._decoder_grus = [Gru.of(self._decoder, names, 0) for names in _DECODER_GRUS]
        tensors = self._decoder
        # sums and products that are the same for every word
        self._gates_of_symbol = self._decoder_grus[0].gates(tensors["decoder_embedding.weight"])
        self._vector_of_symbol = tensors["decoder_embedding.weight"] @ tensors["MatMul_302"]
        self._location = tensors["attention.location_conv.weight"][:, 0].t() @ tensors["MatMul_304"]
        self._output = tensors["output_in_proj.weight"].t() @ tensors["MatMul_306"]
        self._output_bias = tensors["output_in_proj.bias"] @ tensors["MatMul_306"]

    @torch.inference_mode()
    def read(self, letters: Tensor, most: int) -> List[List[int]]:
        """Return the symbols of each word.

        Args:
          letters: of words of one length, as places in the alphabet, ``(N, L)``.
          most: symbols of a word.
        """
        values, keys, states = self._encoded(letters)
        num_words, num_letters, _ = keys.shape
        symbols = torch.full((num_words, most), self._end)
        rows = torch.arange(num_words)
        last = torch.full((num_words,), self._first)
        attention = torch.full((num_words, num_letters), 1.0 / num_letters)
        places = torch.arange(num_letters, dtype=torch.float32)
        for step in range(most):
            last, attention, states = self._next(last, attention, states, values, keys, places)
            symbols[rows, step] = last
            going_on = torch.ne(last, self._end)
            num_left = int(going_on.sum())
            if not num_left:
                break
            if num_left < len(rows):
                kept = going_on.nonzero()[:, 0]
                rows, last, attention, values, keys = (x[kept] for x in (rows, last, attention, values, keys))
                states = (states[0][kept], states[1][kept])
        return [row[: row.index(self._end)] if self._end in row else row for row in symbols.tolist()]

    def _encoded(self, letters: Tensor) -> Tuple[Tensor, Tensor, Tuple[Tensor, Tensor]]:
        """Return the vectors of letters, ``(N, L, 2 * H)``, their keys, ``(N, L, H)``, and the states of the decoder."""
        tensors = self._encoder
        vectors = tensors["encoder_embedding.weight"][letters]
        depthwise, pointwise = tensors["frontend.depthwise.weight"], tensors["frontend.pointwise.weight"]
        nearby = F.conv1d(vectors.transpose(1, 2), depthwise, padding=depthwise.shape[2] // 2, groups=len(depthwise))
        front = vectors + nearby.transpose(1, 2) @ pointwise[:, :, 0].t()
        front = _normalized(front, tensors, "frontend.norm").transpose(0, 1)
        hidden, states = front, []
        for forwards, backwards in self._encoder_grus:
            ahead, last = forwards.run(hidden, backwards=False)
            behind, first = backwards.run(hidden, backwards=True)
            hidden = torch.cat([ahead, behind], 2)
            both = torch.cat([last, first], 1)
            states.append(torch.tanh(F.linear(both, tensors["bridge.weight"], tensors["bridge.bias"])))
        values = _normalized(hidden + front @ tensors["MatMul_532"], tensors, "encoder_out_norm")
        values = values.transpose(0, 1).contiguous()
        return values, values @ tensors["MatMul_539"], (states[0], states[1])

    def _next(
        self,
        last: Tensor,
        attention: Tensor,
        states: Tuple[Tensor, Tensor],
        values: Tensor,
        keys: Tensor,
        places: Tensor,
    ) -> Tuple[Tensor, Tensor, Tuple[Tensor, Tensor]]:
        """Return the next symbol of each word, ``(N,)``, the attention that it had, ``(N, L)``, and the states."""
        tensors = self._decoder
        first = self._decoder_grus[0].step(self._gates_of_symbol[last], states[0])
        second = self._decoder_grus[1].step(self._decoder_grus[1].gates(first), states[1])
        state = _normalized(second + self._vector_of_symbol[last], tensors, "decoder_state_norm")
        reach = len(self._location) // 2
        near = F.pad(attention, (reach, reach)).unfold(1, len(self._location), 1) @ self._location
        near += keys
        near += (state @ tensors["MatMul_303"])[:, None]
        energy = (near.tanh_() @ tensors["MatMul_305"])[:, :, 0]
        center = attention @ places
        attention = torch.softmax(energy - _DRIFT_COST * (places - center[:, None]).abs(), 1)
        context = _normalized(torch.bmm(attention[:, None], values)[:, 0], tensors, "context_norm")
        fused = F.linear(torch.cat([state, context], 1), tensors["context_proj.weight"], tensors["context_proj.bias"])
        fused = _normalized(torch.tanh(fused), tensors, "fusion_norm")
        logits = torch.addmm(self._output_bias, fused, self._output)
        return logits.argmax(1), attention, (first, second)


def _normalized(values: Tensor, tensors: Tensors, name: str) -> Tensor:
    return F.layer_norm(values, values.shape[-1:], tensors[f"{name}.weight"], tensors[f"{name}.bias"])
