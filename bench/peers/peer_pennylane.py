"""pennylane: the device default.mixed with the jax interface and backpropagation."""

import jax.numpy as jnp
import pennylane as qml

import jax_job
import job

AFTER_CX = job.depolarizing_kraus(job.CX_ERROR, 2)
DAMPING = job.damping_kraus()


def expectations(options):
    device = qml.device("default.mixed", wires=options.n)

    @qml.qnode(device, interface="jax", diff_method="backprop")
    def node(features, weights):
        for q, feature in enumerate(features):
            qml.RY(feature, wires=q)
        for gate in job.nhea(options.n, options.layers):
            if gate.name == "cx":
                qml.CNOT(wires=gate.qubits)
                qml.QubitChannel(AFTER_CX, wires=gate.qubits)
                for q in gate.qubits:
                    qml.QubitChannel(DAMPING, wires=q)
            else:
                rotation = {"rx": qml.RX, "rz": qml.RZ}[gate.name]
                rotation(weights[gate.angle], wires=gate.qubits)
                qml.DepolarizingChannel(job.ROTATION_ERROR, wires=gate.qubits)
        return [qml.expval(qml.PauliZ(q)) for q in range(options.n)]

    return lambda features, weights: jnp.stack(node(features, weights))


if __name__ == "__main__":
    jax_job.main(expectations)
