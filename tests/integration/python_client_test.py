"""The Python client against a running node with the digits model: python_client_test.py ADDRESS MODEL"""

import array
import http.server
import sys
import threading
import time
import unittest

from skerry_client import Node, NodeError

ADDRESS, MODEL = sys.argv[1], sys.argv[2]
STROKE = [255 if i % 28 == 14 else 0 for i in range(784)]


class AgainstANode(unittest.TestCase):
    def setUp(self):
        self.node = Node(ADDRESS, MODEL)
        self.addCleanup(self.node.close)
        self.stranger = Node(ADDRESS, "nobody")
        self.addCleanup(self.stranger.close)

    def assert_close(self, some, others):
        """Not the same to the last bit: the node may have changed to a faster executor between two answers."""
        self.assertEqual(len(some), len(others))
        for one, other in zip(some, others):
            self.assertAlmostEqual(one, other, places=5)

    def test_is_told_what_the_model_takes(self):
        self.assertTrue(self.node.ready())
        self.assertEqual(self.node.metadata()["inputs"][0]["shape"], [-1, 1, 28, 28])
        self.assertFalse(self.stranger.ready())

    def test_gives_the_same_answer_for_every_way_to_write_a_sample(self):
        nested = [[STROKE[row * 28:row * 28 + 28] for row in range(28)]]
        ways = [STROKE, nested, bytes(STROKE), bytearray(STROKE), memoryview(bytes(STROKE)), array.array("B", STROKE),
                array.array("h", STROKE), array.array("l", STROKE), array.array("f", STROKE), array.array("d", STROKE),
                [float(value) for value in STROKE]]
        answers = [self.node.infer(way) for way in ways]
        for answer in answers:
            self.assert_close(answer.probabilities[0], answers[0].probabilities[0])
            self.assertIn(answer.tier, ("light", "medium", "heavy"))
            self.assertAlmostEqual(sum(answer.probabilities[0]), 1, places=5)
            self.assertEqual(answer.label, max(range(10), key=answer.probabilities[0].__getitem__))
        self.assertEqual(len({answer.id for answer in answers}), len(ways))

    def test_answers_a_batch_and_takes_a_label_for_each_of_its_samples(self):
        answer = self.node.infer([STROKE, [0] * 784, STROKE], id=f"batch-{time.monotonic_ns()}")
        self.assertEqual(len(answer.labels), 3)
        self.assert_close(answer.probabilities[0], answer.probabilities[2])
        labels = [(f"{answer.id}/{row}", row) for row in range(3)]
        taken = self.node.feedback(labels)
        self.assertEqual(taken["accepted"], 3)
        self.assertEqual(self.node.feedback(labels)["duplicate"], 3)
        self.assertEqual(self.node.feedback([("never asked", 0)])["unknown"], 1)

    def test_obeys_the_parameters(self):
        self.assertEqual(self.node.infer(STROKE, tier_max="light").tier, "light")
        unlearned = self.node.infer(STROKE, learn=False, deadline_us=1_000_000)
        self.assertEqual(self.node.feedback([(unlearned.id, 1)])["unknown"], 1)

    def test_passes_on_what_the_node_says_is_wrong(self):
        for call, sentence in [
            (lambda: self.node.infer(STROKE, deadline_us=-1), "skerry_deadline_us"),
            (lambda: self.node.infer([0.5] * 784), "UINT8"),
            (lambda: self.node.feedback([("x", 99)]), "no class"),
        ]:
            with self.assertRaises(NodeError) as caught:
                call()
            self.assertEqual(caught.exception.status, 400)
            self.assertIn(sentence, str(caught.exception))
        with self.assertRaises(ValueError):
            self.node.infer([1, 2, 3])
        with self.assertRaises(NodeError) as caught:
            self.stranger.metadata()
        self.assertEqual(caught.exception.status, 404)

    def test_counts_what_was_asked(self):
        before = self.node.stats()["inference_count"]
        self.node.infer([STROKE, STROKE])
        self.assertEqual(self.node.stats()["inference_count"], before + 2)


class Busy(http.server.BaseHTTPRequestHandler):
    """Refuses so many requests before it answers, as a full node does."""

    refusals = 0
    seen = 0
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        Busy.seen += 1
        refused = Busy.seen <= Busy.refusals
        body = b'{"error":"full"}' if refused else b'{"inputs":[]}'
        self.send_response(503 if refused else 200)
        if refused:
            self.send_header("Retry-After", "1")
            self.send_header("Skerry-Retry-After-Ms", "30")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class WhenTheNodeIsBusy(unittest.TestCase):
    def setUp(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.address = f"http://127.0.0.1:{server.server_port}"
        Busy.seen = 0

    def test_asks_again_after_the_time_that_it_names(self):
        Busy.refusals = 3
        began = time.monotonic()
        with Node(self.address, MODEL) as node:
            self.assertEqual(node.metadata(), {"inputs": []})
        self.assertEqual(Busy.seen, 4)
        self.assertGreaterEqual(time.monotonic() - began, 0.09)

    def test_gives_up_when_its_patience_ends(self):
        Busy.refusals = 1000
        with Node(self.address, MODEL, patience=0.2) as node, self.assertRaises(NodeError) as caught:
            node.metadata()
        self.assertEqual((caught.exception.status, str(caught.exception)), (503, "full"))
        self.assertLess(Busy.seen, 9)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
