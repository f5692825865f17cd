"""Pairs of a handwritten and a spoken digit into a node that serves both models, through the fused endpoint:
fusion_feed.py http://HOST:PORT MNIST FSDD SAMPLES TESTS   Prints one JSON document."""

import glob
import gzip
import http.client
import json
import os
import random
import sys
import time
import urllib.parse
import wave

MODELS = ("digits", "spoken-digits")


def images(folder, split):
    with gzip.open(f"{folder}/{split}-images-idx3-ubyte.gz") as pixels, gzip.open(
            f"{folder}/{split}-labels-idx1-ubyte.gz") as labels:
        pixels.read(16)
        by_label = [[] for _ in range(10)]
        for label in labels.read()[8:]:
            by_label[label].append(pixels.read(784))
    return by_label


def recordings(folder, test):
    by_label = [[] for _ in range(10)]
    for path in sorted(glob.glob(f"{folder}/recordings/*.wav")):
        label, _, index = os.path.basename(path)[:-len(".wav")].split("_")
        if (int(index) < 5) == test:
            with wave.open(path) as recording:
                by_label[int(label)].append(recording.readframes(recording.getnframes()))
    return by_label


class Fused:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc)

    def post(self, verb, body, headers):
        while True:
            self.connection.request("POST", f"/v2/models/{'+'.join(MODELS)}/{verb}", body, headers)
            response = self.connection.getresponse()
            content = response.read()
            if response.status == 200:
                return json.loads(content)
            if response.status not in (429, 503):
                raise SystemExit(f"the node says {response.status}: {content.decode()}")
            time.sleep(0.05)

    def ask(self, image, sound, learn, id=""):
        inputs, tail = [], b""
        for name, datatype, shape, data in (("digits", "UINT8", [1, 784], image),
                                            ("spoken-digits", "INT16", [len(sound or b"") // 2], sound)):
            if data is not None:
                inputs.append({"name": name, "datatype": datatype, "shape": shape,
                               "parameters": {"binary_data_size": len(data)}})
                tail += data
        head = json.dumps({"id": id, "parameters": {"skerry_learn": learn}, "inputs": inputs}).encode()
        return self.post("infer", head + tail, {"Inference-Header-Content-Length": str(len(head))})

    def tell(self, labels):
        body = json.dumps({"feedback": [{"id": id, "label": label} for id, label in labels]})
        return self.post("feedback", body, {"Content-Type": "application/json"})["accepted"]


def pairs(pictures, sounds, count, draw):
    for _ in range(count):
        label = draw.randrange(10)
        yield label, draw.choice(pictures[label]), draw.choice(sounds[label])


def label_of(answer):
    return next(output["data"][0] for output in answer["outputs"] if output["name"] == "label")


def main():
    address, mnist, fsdd, samples, tests = sys.argv[1:]
    fused, draw = Fused(address), random.Random(1)
    waiting, accepted = [], 0
    for number, (label, image, sound) in enumerate(
            pairs(images(mnist, "train"), recordings(fsdd, False), int(samples), draw)):
        fused.ask(image, sound, True, f"pair-{number}")
        waiting.append((f"pair-{number}", label))
        if len(waiting) == 50:
            accepted += fused.tell(waiting)
            waiting = []
    right = {"fused": 0, "digits": 0, "spoken-digits": 0}
    tiers = {model: {"light": 0, "medium": 0, "heavy": 0} for model in ("digits", "spoken-digits")}
    alone = {model: {"light": 0, "medium": 0, "heavy": 0} for model in ("digits", "spoken-digits")}
    answer = {}
    for label, image, sound in pairs(images(mnist, "t10k"), recordings(fsdd, True), int(tests), draw):
        answer = fused.ask(image, sound, False)
        right["fused"] += label_of(answer) == label
        for expert in answer["parameters"]["skerry_experts"].split(","):
            tiers[expert.split(":")[0]][expert.split(":")[1]] += 1
        for name, parts in (("digits", (image, None)), ("spoken-digits", (None, sound))):
            one = fused.ask(*parts, False)
            right[name] += label_of(one) == label
            alone[name][one["parameters"]["skerry_tier"]] += 1
    print(json.dumps({"accepted": accepted, "accuracy": {name: count / int(tests) for name, count in right.items()},
                      "tiers_fused": tiers, "tiers_alone": alone, "experts": answer["parameters"]["skerry_experts"]}))


main()
