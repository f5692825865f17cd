"""Asks a Skerry node, and tells it the truth. Standard library only, Python 3.9 or newer.

    with Node("http://127.0.0.1:8000", "digits") as node:       # or "unix:/var/lib/skerry/node/infer.sock"
        answer = node.infer(image)                              # one sample: a list, bytes, or any buffer
        print(answer.label, answer.tier)
        node.feedback([(answer.id, 3)])

A full node (503) or one that is behind with learning (429) is asked again after the time that it names.
"""

from __future__ import annotations

import array
import http.client
import json
import socket
import struct
import sys
import time
import urllib.parse
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple, Union

__all__ = ["Answer", "Node", "NodeError"]

# Lists may be nested; a buffer is bytes, bytearray, memoryview, array.array, a NumPy array, …; texts are str
Samples = Union[str, Sequence[Any], bytes, bytearray, memoryview, array.array]

_HEAD_LENGTH = "Inference-Header-Content-Length"
_FORMATS = {"BOOL": "?", "UINT8": "B", "INT8": "b", "UINT16": "H", "INT16": "h", "UINT32": "I", "INT32": "i",
            "UINT64": "Q", "INT64": "q", "FP16": "e", "FP32": "f", "FP64": "d"}
_DATATYPES = {form: name for name, form in _FORMATS.items()}
_DATATYPES.update({"c": "UINT8", "l": "INT64" if struct.calcsize("@l") == 8 else "INT32",
                   "L": "UINT64" if struct.calcsize("@L") == 8 else "UINT32"})


class NodeError(Exception):
    """The node refused. `status` is the answer's: 4xx the request's own fault, 429 and 503 come later again; 0 means
    that there was no answer, and the request may or may not have arrived."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What the node said about one sample, or about each of a batch."""

    id: str  # of the request; of a batch the samples are "id/0", "id/1", …
    version: str  # of the weights that answered
    labels: List[int]  # class indices
    probabilities: List[List[float]]
    tiers: List[str]
    scores: List[float]
    parameters: Dict[str, Any]

    @property
    def label(self) -> int:
        return self.labels[0]

    @property
    def tier(self) -> str:
        return self.tiers[0]

    @property
    def anytime(self) -> bool:
        """The deadline came first: this is the best answer until then."""
        return bool(self.parameters.get("skerry_anytime", False))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Node:
    """One node and one model that it serves. Keeps a connection open; one thread at a time."""

    def __init__(self, address: str, model: str, timeout: float = 30.0, patience: float = 10.0) -> None:
        """`address`: "http://HOST:PORT" or "unix:PATH". `timeout`: of one exchange, in seconds. `patience`: for how
        long a request is repeated while the node is full or behind; 0: never."""
        self._model = "/v2/models/" + urllib.parse.quote(model, safe="")
        self._patience = patience
        self._datatype: Optional[str] = None
        self._shape: List[int] = []
        self._connection: http.client.HTTPConnection
        if address.startswith("unix:"):
            self._connection = _UnixConnection(address[len("unix:"):], timeout)
        elif address.startswith("http://"):
            parts = urllib.parse.urlsplit(address)
            self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
        else:
            raise ValueError(f"'{address}' is no address: write http://127.0.0.1:8000 or unix:/run/skerry/infer.sock")

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def ready(self) -> bool:
        try:
            self._exchange("GET", self._model + "/ready", patience=0)
        except NodeError as error:
            if error.status in (404, 503):
                return False
            raise
        return True

    def metadata(self) -> Dict[str, Any]:
        return self._document("GET", self._model)

    def stats(self) -> Dict[str, Any]:
        """Counts and times since the node started, as Triton's statistics extension has them."""
        return self._document("GET", self._model + "/stats")["model_stats"][0]

    def infer(self, samples: Samples, *, id: str = "", tier_max: str = "", deadline_us: int = 0,
              learn: bool = True) -> Answer:
        """Classifies one sample or a batch of them. A list is flat or nested; bytes hold the model's datatype, little
        endian; another buffer holds what its format says. A model of text takes a str or a list of them; one of audio
        one recording of any length, or a list of lists of one length. ValueError: no whole number of samples."""
        datatype, values, data = self._tensor(samples)
        shape = self._shape
        if shape == [-1]:  # recordings
            several = isinstance(samples, (list, tuple)) and bool(samples) and isinstance(samples[0], (list, tuple))
            if several and any(len(recording) != len(samples[0]) for recording in samples):
                raise ValueError("the recordings differ in length: ask about each by itself")
            shape = [values // len(samples) if several else values]
        sample = 1
        for side in shape:
            sample *= side
        if values == 0 or sample == 0 or values % sample != 0:
            raise ValueError(f"there are {values} values, a sample has {sample}")
        parameters: Dict[str, Any] = {"binary_data_output": True}
        if tier_max:
            parameters["skerry_tier_max"] = tier_max
        if deadline_us:
            parameters["skerry_deadline_us"] = deadline_us
        if not learn:
            parameters["skerry_learn"] = False
        tensor = {"name": "input", "datatype": datatype, "shape": [values // sample, *shape],
                  "parameters": {"binary_data_size": len(data)}}
        head = json.dumps({"id": id, "parameters": parameters, "inputs": [tensor]}).encode()
        headers, body = self._exchange("POST", self._model + "/infer", head + data,
                                       {_HEAD_LENGTH: str(len(head)), "Content-Type": "application/octet-stream"})
        return _read_answer(headers, body)

    def feedback(self, labels: Iterable[Tuple[str, Union[int, str]]]) -> Dict[str, Any]:
        """The truth about earlier requests: pairs of request id and class, as index or name. What was accepted is
        durable when this returns. The result counts them and has a state for each. Repeating a label is harmless."""
        body = json.dumps({"feedback": [{"id": id, "label": label} for id, label in labels]}).encode()
        return self._document("POST", self._model + "/feedback", body)

    def _tensor(self, samples: Samples) -> Tuple[str, int, bytes]:
        """Datatype, number of values, and their bytes, little-endian."""
        if self._datatype is None:
            described = self.metadata()["inputs"][0]
            self._datatype, self._shape = described["datatype"], described["shape"][1:]
        if self._datatype == "BYTES":
            texts = [samples] if isinstance(samples, (str, bytes, bytearray)) else list(samples)
            encoded = [text.encode() if isinstance(text, str) else bytes(text) for text in texts]
            return "BYTES", len(encoded), b"".join(struct.pack("<I", len(text)) + text for text in encoded)
        if isinstance(samples, str):
            raise ValueError("this model reads no text")
        form = _FORMATS[self._datatype]
        if isinstance(samples, (bytes, bytearray)):
            return self._datatype, len(samples) // struct.calcsize("<" + form), bytes(samples)
        if isinstance(samples, (list, tuple)):
            flat = list(_flat(samples))
            try:
                return self._datatype, len(flat), struct.pack(f"<{len(flat)}{form}", *flat)
            except struct.error:  # 0.5 or 300 where the model has bytes: let the node judge the numbers
                return "FP64", len(flat), struct.pack(f"<{len(flat)}d", *flat)
        view = memoryview(samples)
        order, given = (view.format[0], view.format[1:]) if view.format[0] in "@=<>!" else ("@", view.format)
        if given not in _DATATYPES:
            raise ValueError(f"a buffer of format '{view.format}' holds no numbers that a tensor could")
        data = view.tobytes()
        if order in ">!" or (order in "@=" and sys.byteorder == "big"):
            swapped = bytearray(data)
            for offset in range(view.itemsize):
                swapped[offset::view.itemsize] = data[view.itemsize - 1 - offset::view.itemsize]
            data = bytes(swapped)
        return _DATATYPES[given], len(data) // view.itemsize, data

    def _document(self, method: str, path: str, body: bytes = b"") -> Dict[str, Any]:
        return json.loads(self._exchange(method, path, body, {"Content-Type": "application/json"})[1])

    def _exchange(self, method: str, path: str, body: bytes = b"", headers: Optional[Dict[str, str]] = None,
                  patience: Optional[float] = None) -> Tuple[http.client.HTTPMessage, bytes]:
        give_up = time.monotonic() + (self._patience if patience is None else patience)
        while True:
            status, answered, content = self._send(method, path, body, headers or {})
            if status == 200:
                return answered, content
            wait = _retry_after(answered) if status in (429, 503) else None
            if wait is None or time.monotonic() + wait > give_up:
                raise NodeError(status, _sentence(content))
            time.sleep(wait)

    def _send(self, method: str, path: str, body: bytes,
              headers: Dict[str, str]) -> Tuple[int, http.client.HTTPMessage, bytes]:
        kept_alive = self._connection.sock is not None
        while True:
            try:
                self._connection.request(method, path, body or None, headers)
                response = self._connection.getresponse()
                return response.status, response.headers, response.read()
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                # A kept connection that the node closed meanwhile is replaced once. A request that had arrived all the
                # same does no harm: its sample makes room for the same one, its labels count as duplicates.
                closed = isinstance(error, (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError))
                if not (kept_alive and closed):
                    raise NodeError(0, f"no answer from the node: {error}") from error
                kept_alive = False


def _flat(values: Sequence[Any]) -> Iterable[Union[int, float, bool]]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _retry_after(headers: http.client.HTTPMessage) -> Optional[float]:
    """In seconds. The node's own header knows milliseconds."""
    for name, unit in (("Skerry-Retry-After-Ms", 1000.0), ("Retry-After", 1.0)):
        try:
            return max(float(headers[name]) / unit, 0.0)
        except (TypeError, ValueError):
            continue
    return None


def _sentence(content: bytes) -> str:
    try:
        return str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace")


def _read_answer(headers: http.client.HTTPMessage, body: bytes) -> Answer:
    length = int(headers.get(_HEAD_LENGTH, len(body)))
    document = json.loads(body[:length])
    outputs: Dict[str, List[Any]] = {}
    shapes: Dict[str, List[int]] = {}
    for output in document["outputs"]:
        size = output["parameters"]["binary_data_size"]
        outputs[output["name"]] = _values(output["datatype"], body[length:length + size])
        shapes[output["name"]] = output["shape"]
        length += size
    classes = shapes["probabilities"][1]
    flat = outputs["probabilities"]
    rows = [flat[begin:begin + classes] for begin in range(0, len(flat), classes)]
    return Answer(document["id"], document["model_version"], outputs["label"], rows, outputs["tier"], outputs["score"],
                  document["parameters"])


def _values(datatype: str, data: bytes) -> List[Any]:
    if datatype != "BYTES":
        form = "<" + _FORMATS[datatype]
        return [value for value, in struct.iter_unpack(form, data)]
    texts = []
    while data:
        length, = struct.unpack_from("<I", data)
        texts.append(data[4:4 + length].decode())
        data = data[4 + length:]
    return texts
