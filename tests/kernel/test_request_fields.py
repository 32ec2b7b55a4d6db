"""The fields of a kind of request are made once for each thread, and carry nothing from one request to the next."""

import gc
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from weakref import ref

import pytest
from rest_framework import serializers

from rdos.kernel.api.accents import BLOXSERVER, ROOT
from rdos.kernel.api.serializers import RequestSerializer, checked
from rdos.kernel.errors import InvalidInput


class Item(RequestSerializer):
    item_name = serializers.CharField(max_length=5)


class Order(RequestSerializer):
    order_number = serializers.IntegerField(min_value=1)
    items = Item(many=True, required=False)
    first_item = Item(required=False)
    labels = serializers.ListField(child=serializers.CharField(), default=list)


def order(data: Any, accent: Any = ROOT) -> Any:
    return checked(Order(data=data, context={"request": SimpleNamespace(accent=accent)}))


def test_each_request_is_read_in_its_own_accent() -> None:
    inner = {"item_name": "a"}
    for _ in range(2):
        assert order({"orderNumber": 1, "firstItem": {"itemName": "a"}}, BLOXSERVER)["first_item"] == inner
        assert order({"order_number": 2, "items": [inner, inner]})["items"] == [inner, inner]
        with pytest.raises(InvalidInput) as refused:
            order({"orderNumber": 1, "first_item": {"itemName": "a"}})
        assert set(refused.value.errors) == {"order_number", "first_item.item_name"}


def test_a_default_is_new_each_time() -> None:
    order({"order_number": 1})["labels"].append("mine")
    assert order({"order_number": 1})["labels"] == []


def test_what_was_sent_does_not_stay() -> None:
    serializer = Order(data={"order_number": 1}, context={"request": SimpleNamespace(accent=ROOT)})
    checked(serializer)
    alive = ref(serializer)
    del serializer
    gc.collect()
    assert alive() is None


def test_threads_do_not_read_each_others_requests() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = threads.map(lambda number: order({"order_number": number, "labels": [str(number)]}), range(1, 400))
    assert [(one["order_number"], one["labels"]) for one in found] == [(n, [str(n)]) for n in range(1, 400)]
