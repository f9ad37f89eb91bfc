"""The paths: generators of stages. Who drives them decides what happens at a yield."""
