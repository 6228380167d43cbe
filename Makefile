# Each command sets the kit up first, once, and then starts at once. Without make, as on Windows:
# py -m helpers lab
PYTHON ?= python3

.PHONY: help lab test lessons refresh bench lock
help:
	@$(PYTHON) -m helpers --help
lab test lessons refresh bench lock:
	@$(PYTHON) -m helpers $@ $(ARGS)
