"""qulacs: the density matrix, with its own noise gates. It has no gradient of density matrices."""

from qulacs import DensityMatrix, ParametricQuantumCircuit
from qulacs.gate import CPTP, DenseMatrix, DepolarizingNoise, TwoQubitDepolarizingNoise

import job


def circuit_of(options):
    circuit = ParametricQuantumCircuit(options.n)
    for gate in job.nhea(options.n, options.layers):
        if gate.name == "cx":
            circuit.add_CNOT_gate(*gate.qubits)
            circuit.add_gate(TwoQubitDepolarizingNoise(*gate.qubits, job.CX_ERROR))
            for q in gate.qubits:
                circuit.add_gate(CPTP([DenseMatrix(q, kraus) for kraus in job.damping_kraus()]))
        else:
            (q,) = gate.qubits
            add = {"rx": circuit.add_parametric_RX_gate, "rz": circuit.add_parametric_RZ_gate}
            add[gate.name](q, 0.0)
            circuit.add_gate(DepolarizingNoise(q, job.ROTATION_ERROR))
    return circuit


def forward(options):
    circuit = circuit_of(options)
    rows = -job.bindings(options)  # its rotations turn the other way
    state = DensityMatrix(options.n)

    def expectations(angles):
        for m, angle in enumerate(angles):
            circuit.set_parameter(m, angle)
        state.set_zero_state()
        circuit.update_quantum_state(state)
        return [2 * state.get_zero_probability(q) - 1 for q in range(options.n)]

    return lambda: job.Outcome([z for angles in rows for z in expectations(angles)])


if __name__ == "__main__":
    job.main({"forward": forward})
