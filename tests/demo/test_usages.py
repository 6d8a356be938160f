"""The demonstration's usages: deterministic, believable, and true to their specifications."""

import re
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from operator import itemgetter

import pytest

from specs.characteristics import Rules
from tests.demo.conftest import NOW
from tmfusage.demo.rating import month_end
from tmfusage.demo.usages import usages
from tmfusage.tmf import exact
from tmfusage.tmf.moments import instant
from usage import lifecycle

# What regulators keep free: Ofcom, NANPA, ARCEP, Bundesnetzagentur, PTS, ComReg, ACMA.
FREE = re.compile(
    r"\+(447700900\d{3}|442079460\d{3}|441(?:13|14|17|21|31|41|51|61)4960\d{3}|441914980\d{3}|442896496\d{3}"
    r"|442920180\d{3}|1\d{3}55501\d\d|3319900\d{4}|3363998\d{4}|493023125\d{3}|498999998\d{3}|468465004\d\d"
    r"|463139006\d\d|3532091\d{5}|6125550\d{4}|6149157015[6-9])"
)


def statuses(made) -> Counter:
    return Counter(each.members["status"] for each in made)


def numbers(usage) -> list[str]:
    return [part["value"] for part in usage.members["usageCharacteristic"] if str(part["value"]).startswith("+")
            and part["name"] != "localTimeOffset"]  # fmt: skip


def test_the_same_seed_and_time_give_the_same_bytes():
    first, second, other = (usages(NOW, seed=seed, count=300) for seed in (4, 4, 5))
    assert as_bytes(first) == as_bytes(second)
    assert as_bytes(first) != as_bytes(other)


def as_bytes(made) -> bytes:
    return exact.dumps([[each.id, each.members, [repr(move) for move in each.moves]] for each in made])


def test_every_usage_satisfies_its_specification(made, catalogue):
    # As it was when the usage arrived: what is retired today was active then.
    rules = {name: Rules.of({**document, "lifecycleStatus": "Active"}) for name, document in catalogue.items()}
    broken = [
        (each.members["usageSpecification"]["id"], violations)
        for each in made
        if (violations := rules[each.members["usageSpecification"]["id"]].check(each.members, now=NOW))
    ]
    assert not broken


def test_no_two_usages_share_a_value_that_must_be_unique(made, catalogue):
    rules = {name: Rules.of(document) for name, document in catalogue.items()}
    values = [
        (name, value)
        for each in made
        for name, value in rules[each.members["usageSpecification"]["id"]].unique_values(each.members)
    ]
    assert len(values) == len(set(values)) > 500


def test_every_specification_that_was_in_force_is_used(made, catalogue):
    used = Counter(each.members["usageSpecification"]["id"] for each in made)
    assert set(used) == set(catalogue) - {"slice-0.2", "mobile-2.0"}
    assert min(used.values()) >= 100


@pytest.mark.parametrize("now", [NOW, datetime(2025, 3, 1, 0, 0, 1, tzinfo=UTC), datetime(2025, 12, 31, 4, tzinfo=UTC)])
def test_every_status_has_a_believable_share(now):
    shares = {status: count / 2_000 for status, count in statuses(usages(now, count=2_000)).items()}
    assert set(shares) == set(lifecycle.NEXT)
    assert shares["billed"] > 0.45
    assert 0.15 < shares["rated"] < 0.45
    assert all(0.003 < shares[status] < 0.1 for status in set(shares) - {"billed", "rated"})


def test_every_usage_lies_within_sixty_days_and_arrived_after_it_began(made):
    for each in made:
        assert NOW - timedelta(days=60) <= instant(each.members["usageDate"]) < each.arrived <= NOW


def test_ids_are_version_7_and_sort_by_arrival(made):
    assert all(uuid.UUID(each.id).version == 7 for each in made)
    assert len({each.id for each in made}) == 5_000
    arrivals = [each.arrived.replace(microsecond=each.arrived.microsecond // 1000 * 1000) for each in made]
    assert arrivals == sorted(arrivals)


def test_every_journey_obeys_the_life_cycle(made):
    for each in made:
        status, at = "received", each.arrived
        for move in each.moves:
            assert (move.before, move.at >= at) == (status, True)
            lifecycle.check_move(move.before, move.after)
            status, at = move.after, move.at
        assert (status, at <= NOW) == (each.members["status"], True)


def test_every_rejection_has_its_reason(made):
    moves = [move for each in made for move in each.moves if move.after == "rejected"]
    assert len(moves) > 100
    assert all(move.reason.endswith(".") for move in moves)


def test_amounts_are_exact_and_consistent(made):
    rated = [part for each in made for part in each.members.get("ratedProductUsage", ())]
    assert len(rated) > 4_000
    for part in rated:
        net, gross = part["taxExcludedRatingAmount"], part["taxIncludedRatingAmount"]
        assert net["value"] + net["value"] * part["taxRate"] / 100 == gross["value"]
        assert round(gross["value"], 6) == gross["value"] >= 0
        assert net["unit"] == gross["unit"] == "GBP"
        assert part["isTaxExempt"] == (part["taxRate"] == 0)


def test_only_rated_usages_are_priced_and_only_billed_ones_are_billed(made):
    for each in made:
        status, rated = each.members["status"], each.members.get("ratedProductUsage", [])
        assert bool(rated) == (status in lifecycle.PRICED)
        assert {part["isBilled"] for part in rated} <= {status == "billed"}


def test_allowances_are_used_up_one_rating_after_the_other(made):
    left: dict[str, int] = {}
    for _at, _id, back, impact in sorted(taken(made), key=itemgetter(0, 1, 2)):
        bucket, before, after = impact["bucket"]["id"], impact["amountBefore"], impact["amountAfter"]
        included = included_by(impact)
        assert before["amount"] - included == after["amount"] >= 0
        if back:
            left[bucket] += included
        elif instant(impact["confirmationDate"]) < month_end(month_of(bucket)):
            assert left.get(bucket, before["amount"]) == before["amount"]
            left[bucket] = after["amount"]
    assert 0 in left.values()


def taken(made):
    """What was taken of limited buckets, each with its moment; and again when it was given back."""
    for each in made:
        for impact in each.members.get("impactedBucket", ()):
            if "amountBefore" in impact:
                yield instant(impact["confirmationDate"]), each.id, False, impact
                if each.marked_at:
                    yield each.marked_at, each.id, True, impact


def included_by(impact) -> int:
    return sum(item["amount"]["amount"] for item in impact["item"] if item["name"] == "usage")


def month_of(bucket: str) -> datetime:
    """The month that the id of a bucket names."""
    return datetime.fromisoformat("-".join([*bucket.split("-")[2:4], "01"])).replace(tzinfo=UTC)


def test_a_usage_that_is_rated_when_its_month_is_over_uses_nothing_of_its_allowance(made):
    late = [
        included_by(impact)
        for each in made
        for impact in each.members.get("impactedBucket", ())
        if instant(impact["confirmationDate"]) >= month_end(instant(each.members["usageDate"]))
    ]
    assert len(late) > 50
    assert not any(late)


def test_every_phone_number_is_one_that_nobody_has(made):
    found = {number for each in made for number in numbers(each)}
    assert len(found) > 1_000
    assert [number for number in found if not FREE.fullmatch(number)] == []


def test_every_usage_names_its_customer_its_provider_and_its_record(made):
    for each in made:
        roles = {party["role"]: party["@referredType"] for party in each.members["relatedParty"]}
        assert roles.items() >= {"customer": "Individual", "serviceProvider": "Organization"}.items()
    assert len({each.members["externalIdentifier"][0]["id"] for each in made}) == 5_000


def test_nights_are_quieter_than_days(made):
    hours = Counter(instant(each.members["usageDate"]).hour for each in made)
    assert hours[3] * 10 < hours[18]
