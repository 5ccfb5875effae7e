"""The jobs of the peers whose circuits are functions of jax, given how such a peer says NHEA.

All is compiled by jax.jit before the time begins; gradients are jax's own. A batch goes through the
circuit at once (vmap) or one after the other (map), whichever is faster for the case.
"""

import os

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
    if len(runs) == 1:
        return next(iter(runs))

    def seconds(name):
        runs[name]()
        return min(job.timed(runs[name])[0] for _ in range(3))

    return min(runs, key=seconds)


def fits_at_once(options):
    """Whether backpropagation has the memory for all samples: a density matrix an operation or two."""
    operations = 2 * sum(1 for _ in job.nhea(options.n, options.layers))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 16 * 4**options.n * options.batch * operations < memory


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
        samples = jnp.asarray(job.features(options)), jnp.asarray(job.labels(options))
        scale = jnp.asarray(job.head(options))
        start = jnp.asarray(job.angles(options)), scale, jnp.zeros(job.CLASSES)

        def loss(parameters, features, label):
            weights, scale, bias = parameters
            of_sample = z(features, weights)
            return -jax.nn.log_softmax(scale @ of_sample + bias)[label], of_sample

        def at_once(parameters):
            losses, of_all = jax.vmap(loss, (None, 0, 0))(parameters, *samples)
            return jnp.mean(losses), of_all

        slope_at_once = jax.value_and_grad(at_once, has_aux=True)

        def slope_one_by_one(parameters):
            slope = jax.value_and_grad(loss, has_aux=True)
            of_samples = jax.lax.map(lambda sample: slope(parameters, *sample), samples)
            (losses, of_all), gradients = of_samples
            return (jnp.mean(losses), of_all), jax.tree.map(lambda g: jnp.mean(g, 0), gradients)

        def run_with(function, setting):
            slope = jax.jit(function)

            def run():
                (_, of_all), (weights, scale, bias) = slope(start)
                gradient = np.concatenate([weights, np.ravel(scale, order="F"), bias])
                return job.Outcome(np.ravel(of_all), gradient, setting=setting)

            return run

        runs = {"map": run_with(slope_one_by_one, "map")}
        if fits_at_once(options):
            runs["vmap"] = run_with(slope_at_once, "vmap")
        return runs[fastest_of(runs)]

    job.main({"forward": forward, "gradient": gradient, "train": train})
