"""`lazuli tutorial`: all of it by one command, and again: when it is there, cleaned up, or its group was deleted by hand."""

import pytest

LAST = "Connect to Azure OpenAI service succeeded."


def tutorial(instance, *words):
    said = instance.lazuli("tutorial", timeout=600).out
    assert LAST in said
    assert [word for word in words if word in said] == list(words), said


@pytest.mark.incremental
class TestTutorialCommand:
    def test_from_nothing(self, instance):
        tutorial(instance, "step 14 of 14")

    def test_again(self, instance):
        tutorial(instance, "the cluster is there already")

    def test_clean_leaves_no_name_taken(self, instance):
        assert "deleted, with the cluster" in (said := instance.lazuli("tutorial --clean", timeout=300).out)
        assert "purged: its name can be used again" in said
        assert instance.az("group list") == []
        assert instance.az("cognitiveservices account list-deleted") == []

    def test_clean_again_has_nothing_to_do(self, instance):
        said = instance.lazuli("tutorial --clean").out
        assert "there was nothing to delete" in said and "there was nothing to purge" in said

    def test_after_the_group_was_deleted_by_hand(self, instance):
        tutorial(instance)
        instance.az("group delete --name MyResourceGroup --yes")
        assert [account["name"] for account in instance.az("cognitiveservices account list-deleted")] == ["MyOpenAIService"]
        tutorial(instance, "the one that had been deleted was purged")
