"""qiskit-machine-learning: EstimatorQNN on Aer's density matrix, exact, by parameter shift."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, QuantumError
from qiskit_aer.primitives import EstimatorV2
from qiskit_machine_learning.gradients import ParamShiftEstimatorGradient
from qiskit_machine_learning.neural_networks import EstimatorQNN

import job
from peer_aer import AFTER_CX, AFTER_ROTATION


def network(options):
    features = ParameterVector("x", options.n)
    weights = ParameterVector("w", 2 * options.n * options.layers)
    circuit = QuantumCircuit(options.n)
    for q, feature in enumerate(features):
        circuit.ry(feature, q)
    for gate in job.nhea(options.n, options.layers):
        angle = [] if gate.angle is None else [weights[gate.angle]]
        getattr(circuit, gate.name)(*angle, *gate.qubits)

    model = NoiseModel()
    model.add_all_qubit_quantum_error(QuantumError(AFTER_ROTATION), ["rx", "rz"])
    model.add_all_qubit_quantum_error(QuantumError(AFTER_CX), ["cx"])
    backend = {
        "method": "density_matrix",
        "noise_model": model,
        "max_parallel_threads": options.threads,
        "max_parallel_experiments": options.threads,
    }
    estimator = EstimatorV2(options={"backend_options": backend, "default_precision": 0.0})
    return EstimatorQNN(
        circuit=circuit,
        observables=[SparsePauliOp.from_sparse_list([("Z", [q], 1)], options.n) for q in range(options.n)],
        input_params=features,
        weight_params=weights,
        estimator=estimator,
        gradient=ParamShiftEstimatorGradient(estimator),
        default_precision=0.0,
    )


def train(options):
    qnn = network(options)
    weights, features = job.angles(options), job.features(options)

    def run():
        z = qnn.forward(features, weights)
        slopes, of_head = job.loss_slopes(options, z)
        _, jacobian = qnn.backward(features, weights)
        of_weights = np.einsum("bk,bkm->m", slopes, jacobian)
        return job.Outcome(z.ravel(), np.concatenate([of_weights, of_head]))

    return run


if __name__ == "__main__":
    job.main({"train": train})
