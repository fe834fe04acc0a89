"""Whisper's encoder as a graph that ONNX Runtime runs."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

_Array = npt.NDArray[np.float32]
_Attribute = int | float | list[int]

# Of layer normalization, as the model was trained.
_EPSILON = 1e-5
# The first versions of ONNX that have GELU.
_OPSET, _IR_VERSION = 20, 9


def encoder_graph(weights: Mapping[str, _Array]) -> bytes:
    """Return the encoder of these `weights`, which have their names in CTranslate2's
    files, as an ONNX model.

    It is given features (1 x bands x 10 ms), and for each layer the keys and the values
    of positions behind them, of 20 ms (positions x heads x width of a head). It returns
    what its own positions are encoded as (positions x width), and for each layer their
    own keys and values.

    Raises KeyError where a weight is missing, and ValueError where there are others.
    """
    graph = _Graph(weights)
    places = graph.weight("position_encodings/encodings")
    graph.takes("features", 1, graph.weight("conv1/weight").shape[1], None)
    sound = graph.convolved("conv1", "features", stride=1)
    sound = graph.convolved("conv2", sound, stride=2)
    sound = graph.add("Transpose", graph.add("Squeeze", sound, graph.whole(0)))
    first = graph.add("Shape", sound, start=0, end=1)
    place = graph.add("Slice", graph.constant(places), graph.whole(0), first)
    sound = graph.add("Add", sound, place)
    behind: list[str] = []
    for number in range(layer_count(weights)):
        layer = f"layer_{number}"
        attended, *own = _attention(graph, f"{layer}/self_attention", sound)
        sound = graph.add("Add", sound, attended)
        behind += own
        inner = graph.normalized(f"{layer}/ffn/layer_norm", sound)
        inner = graph.add("Gelu", graph.linear(f"{layer}/ffn/linear_0", inner))
        sound = graph.add("Add", sound, graph.linear(f"{layer}/ffn/linear_1", inner))
    encoded = graph.normalized("layer_norm", sound)
    if unknown := weights.keys() - graph.used:
        raise ValueError(f"not known: {', '.join(sorted(unknown))}")
    return graph.model(encoded, *behind)


def layer_count(weights: Mapping[str, _Array]) -> int:
    """Return how many layers it has."""
    return sum(name.endswith("/self_attention/linear_0/weight") for name in weights)


def _attention(graph: "_Graph", name: str, sound: str) -> tuple[str, str, str]:
    """What `sound` gets from attending to itself and what is behind, and its own keys
    and values.
    """
    heads = int(graph.weight("num_heads"))
    width = len(graph.weight(f"{name}/linear_1/weight"))
    by_head = graph.whole(0, heads, width // heads)
    fused = graph.linear(
        f"{name}/linear_0", graph.normalized(f"{name}/layer_norm", sound)
    )
    query, key, value = (
        graph.add("Reshape", part, by_head) for part in graph.split(fused, 3)
    )
    for kind in ("keys", "values"):
        graph.takes(f"{name}/{kind}", None, heads, width // heads)
    keys = graph.add("Concat", key, f"{name}/keys", axis=0)
    values = graph.add("Concat", value, f"{name}/values", axis=0)
    scale = graph.constant(np.array((width // heads) ** -0.5, np.float32))
    scores = graph.add(
        "MatMul",
        graph.add("Transpose", graph.add("Mul", query, scale), perm=[1, 0, 2]),
        graph.add("Transpose", keys, perm=[1, 2, 0]),
    )
    got = graph.add(
        "MatMul",
        graph.add("Softmax", scores, axis=-1),
        graph.add("Transpose", values, perm=[1, 0, 2]),
    )
    got = graph.add("Transpose", got, perm=[1, 0, 2])
    got = graph.add("Reshape", got, graph.whole(0, width))
    return graph.linear(f"{name}/linear_1", got), key, value


class _Graph:
    """A graph as it grows; what a node returns has a name, by which others take it."""

    def __init__(self, weights: Mapping[str, _Array]) -> None:
        self._weights = weights
        self.used: set[str] = set()
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._inputs: list[ValueInfoProto] = []

    def weight(self, name: str) -> _Array:
        self.used.add(name)
        return self._weights[name]

    def takes(self, name: str, *shape: int | None) -> None:
        """It is given a tensor; None is any size."""
        self._inputs.append(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        )

    def add(self, operator: str, *inputs: str, **attributes: _Attribute) -> str:
        [output] = self._add(operator, inputs, 1, attributes)
        return output

    def split(self, tensor: str, parts: int) -> list[str]:
        """In equal parts of its last axis."""
        return self._add("Split", [tensor], parts, {"axis": -1, "num_outputs": parts})

    def linear(self, name: str, tensor: str) -> str:
        product = self.add(
            "MatMul", tensor, self.constant(self.weight(f"{name}/weight").T)
        )
        return self.add("Add", product, self.constant(self.weight(f"{name}/bias")))

    def normalized(self, name: str, tensor: str) -> str:
        scale, bias = (
            self.constant(self.weight(f"{name}/{part}")) for part in ("gamma", "beta")
        )
        return self.add(
            "LayerNormalization", tensor, scale, bias, axis=-1, epsilon=_EPSILON
        )

    def convolved(self, name: str, tensor: str, *, stride: int) -> str:
        parts = (
            self.constant(self.weight(f"{name}/{part}")) for part in ("weight", "bias")
        )
        return self.add(
            "Gelu", self.add("Conv", tensor, *parts, pads=[1, 1], strides=[stride])
        )

    def whole(self, *numbers: int) -> str:
        """The whole numbers as a constant, such as a shape."""
        return self.constant(np.array(numbers, np.int64))

    def constant(self, values: npt.NDArray[np.generic]) -> str:
        name = f"constant {len(self._constants)}"
        self._constants.append(
            numpy_helper.from_array(np.ascontiguousarray(values), name)
        )
        return name

    def model(self, *outputs: str) -> bytes:
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            self._inputs,
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
                for name in outputs
            ],
            self._constants,
        )
        model = helper.make_model(
            graph,
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid("", _OPSET)],
        )
        return bytes(model.SerializeToString())

    def _add(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: int,
        attributes: Mapping[str, _Attribute],
    ) -> list[str]:
        names = [f"{operator} {len(self._nodes)}.{number}" for number in range(outputs)]
        node = helper.make_node(operator, inputs, names)
        node.attribute.extend(
            helper.make_attribute(name, value) for name, value in attributes.items()
        )
        self._nodes.append(node)
        return names
