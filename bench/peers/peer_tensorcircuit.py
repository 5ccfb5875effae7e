"""tensorcircuit-ng: its density-matrix circuit on the jax backend, channels as superoperators."""

import jax.numpy as jnp
import tensorcircuit as tc

import jax_job
import job

tc.set_backend("jax")
tc.set_dtype("complex128")

AFTER_ROTATION = job.depolarizing_kraus(job.ROTATION_ERROR, 1)
AFTER_CX = [kraus.reshape([2] * 4) for kraus in job.depolarizing_kraus(job.CX_ERROR, 2)]
DAMPING = job.damping_kraus()


def expectations(options):
    n = options.n

    def run(features, weights):
        circuit = tc.DMCircuit2(n)
        for q, feature in enumerate(features):
            circuit.ry(q, theta=feature)
        for gate in job.nhea(n, options.layers):
            if gate.name == "cx":
                circuit.cnot(*gate.qubits)
                circuit.apply_general_kraus(AFTER_CX, *gate.qubits)
                for q in gate.qubits:
                    circuit.apply_general_kraus(DAMPING, q)
            else:
                (q,) = gate.qubits
                getattr(circuit, gate.name)(q, theta=weights[gate.angle])
                circuit.apply_general_kraus(AFTER_ROTATION, q)
        diagonal = jnp.real(jnp.diagonal(circuit.densitymatrix())).reshape([2] * n)
        by_qubit = [jnp.moveaxis(diagonal, q, 0) for q in range(n)]
        return jnp.stack([jnp.sum(zero) - jnp.sum(one) for zero, one in by_qubit])

    return run


if __name__ == "__main__":
    jax_job.main(expectations)
