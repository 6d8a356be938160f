"""Thresholds: told once when a bucket's use reaches them, and again only after it was below."""

from collections.abc import Iterable

from consumption.events import tell_crossing
from consumption.models import Bucket, Crossing

DEFAULT = (80, 100)


def note_thresholds(buckets: Iterable[Bucket]) -> None:
    """Compare each (locked) bucket with its thresholds; write where that changed."""
    for bucket in buckets:
        reached = reached_by(bucket)
        if reached == bucket.crossed:
            continue
        new = [threshold for threshold in reached if threshold not in bucket.crossed]
        bucket.crossed = reached
        Bucket.objects.filter(pk=bucket.pk).update(crossed=reached)
        for threshold in new:
            crossed(bucket, threshold)


def reached_by(bucket: Bucket) -> list[int]:
    """The thresholds that the bucket's use has reached."""
    if bucket.unlimited or bucket.status == Bucket.Status.EXPIRED or not (bucket.allowance or bucket.overage):
        return []
    thresholds = bucket.specification.thresholds if bucket.specification else DEFAULT
    used = bucket.used_percent
    return [threshold for threshold in sorted(thresholds) if used >= threshold]


def crossed(bucket: Bucket, threshold: int) -> Crossing:
    """Record that the bucket has reached the threshold, in the transaction that made it so."""
    noted = Crossing.objects.create(bucket=bucket, threshold=threshold, period_start=bucket.valid_from)
    tell_crossing(bucket, threshold)
    return noted
