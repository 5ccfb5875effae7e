"""The jobs of the peers whose circuits are functions of jax, given how such a peer says NHEA.

All is compiled by jax.jit before the time begins; gradients are jax's own. A batch goes through the
circuit at once (vmap) or one after the other (map), whichever is faster for the case.
"""

import jax
import jax.numpy as jnp
import numpy as np

import job

jax.config.update("jax_enable_x64", True)


def one_by_one(function):
    return lambda rows: jax.lax.map(function, rows)


BATCHING = {"vmap": jax.vmap, "map": one_by_one}


def fastest_of(runs):
    """The name of the run that takes the least time, once each has compiled."""

    def seconds(name):
        runs[name]()
        return min(job.timed(runs[name])[0] for _ in range(3))

    return min(runs, key=seconds)


def main(expectations):
    """`expectations(options)` gives the function (features, weights) -> <Z_q> for all q.

    Features are the angles of RY(x_q) before the ansatz; without samples there are none.
    """

    def forward(options):
        z = expectations(options)
        rows = job.bindings(options)

        def run_with(many, setting):
            of_all = jax.jit(many(lambda weights: z((), weights)))
            return lambda: job.Outcome(np.ravel(of_all(rows)), setting=setting)

        if options.batch == 1:
            return run_with(jax.vmap, "")
        runs = {name: run_with(many, name) for name, many in BATCHING.items()}
        return runs[fastest_of(runs)]

    def gradient(options):
        z = expectations(options)
        slope = jax.jit(jax.value_and_grad(lambda weights: z((), weights)[0]))
        weights = job.angles(options)

        def run():
            value, derivative = slope(weights)
            return job.Outcome(np.ravel(value), np.asarray(derivative))

        return run

    def train(options):
        z = expectations(options)
        weights, features = job.angles(options), job.features(options)

        def run_with(many, setting):
            def loss(weights):
                of_all = many(lambda sample: z(sample, weights))(features)
                return jnp.sum(of_all**2) / (2 * options.batch), of_all

            slope = jax.jit(jax.grad(loss, has_aux=True))

            def run():
                derivative, of_all = slope(weights)
                return job.Outcome(np.ravel(of_all), np.asarray(derivative), setting=setting)

            return run

        runs = {name: run_with(many, name) for name, many in BATCHING.items()}
        return runs[fastest_of(runs)]

    job.main({"forward": forward, "gradient": gradient, "train": train})
