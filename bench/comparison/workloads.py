"""What is measured: texts of ordinary English of any length, and labels."""
import json
import random

FEW_LABELS = ["person", "organization", "location", "date", "product"]
MANY_LABELS = FEW_LABELS + [
    "event", "language", "nationality", "religion", "political party", "job title", "company", "university", "sports team",
    "newspaper", "book", "film", "song", "award", "law", "court", "treaty", "currency", "amount of money", "percentage",
    "quantity", "time", "duration", "age", "phone number", "email address", "web address", "street", "city", "country",
    "continent", "river", "mountain", "sea", "airport", "building", "vehicle", "weapon", "software", "device",
    "programming language", "animal", "plant", "food", "drink", "disease", "symptom", "drug", "treatment", "body part", "gene", "protein", "chemical",
    "material", "colour"]


class TextPool:
    """Words of the samples in `path` (JSON lines) one behind the other, to be cut into texts of any length."""

    def __init__(self, path, field):
        with open(path, encoding="utf-8") as lines:
            self.samples = [json.loads(line)[field] for line in lines if line.strip()]
        self.words = [word for sample in self.samples for word in sample.split()]
        self.next = 0

    def text(self, count):
        """The next `count` words; behind the last sample the first one follows."""
        picked = [self.words[(self.next + i) % len(self.words)] for i in range(count)]
        self.next = (self.next + count) % len(self.words)
        return " ".join(picked)

    def spread(self, limit):
        """At most `limit` samples as they are, evenly spread over the file."""
        step = max(1, len(self.samples) // limit)
        return self.samples[::step][:limit]

    def mixed(self, count, shortest=6, longest=160, seed=1):
        """Texts of log-uniform length in no order: most are short, a few are long."""
        dice = random.Random(seed)
        return [self.text(round(shortest * (longest / shortest) ** dice.random())) for _ in range(count)]


def sentences(pool, count, words=26):
    """A text of `count` sentences of that many words."""
    return " ".join(pool.text(words).rstrip(".!?,;:") + "." for _ in range(count))
