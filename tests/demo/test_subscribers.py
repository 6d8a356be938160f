"""The demonstration's subscribers: two hundred different people with numbers that nobody has."""

import re
from random import Random

from tmfusage.demo.subscribers import subscribers


def test_there_are_two_hundred_different_people():
    people = subscribers(Random(1))
    assert len({person.name for person in people}) == len({person.party_id for person in people}) == 200


def test_every_subscriber_has_a_number_of_the_range_for_drama():
    numbers = {person.number for person in subscribers(Random(1))}
    assert len(numbers) == 200
    assert all(re.fullmatch(r"\+447700900\d{3}", number) for number in numbers)


def test_names_come_from_many_scripts():
    text = "".join(person.name for person in subscribers(Random(1)))
    assert all(
        re.search(script, text) for script in ("[а-я]", "[\u0600-\u06ff]", "[\u4e00-\u9fff]", "[가-힣]", "[a-z]")
    )


def test_the_same_chance_makes_the_same_people():
    assert subscribers(Random(7)) == subscribers(Random(7))
    assert subscribers(Random(7)) != subscribers(Random(8))


def test_some_have_television_and_some_travel():
    people = subscribers(Random(1))
    assert 40 < sum(person.television for person in people) < 100
    assert 30 < sum(person.traveller for person in people) < 90
    assert len({product for person in people for product, _ in person.products.values()}) > 300
