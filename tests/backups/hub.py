def a_hub_with_something_in_it(who):
    pass


def archive_of():
    pass
