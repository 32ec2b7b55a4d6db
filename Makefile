# Shortcuts. Each is one command that also works without make.
.PHONY: run check test bench

run:
	@python3 manage.py up

check:
	@python3 manage.py check-all

test:
	@python3 manage.py test

bench:
	@python3 manage.py bench
