#include "circuit/qasm_definitions.hpp"

#include <algorithm>
#include <array>

namespace rhodrift::qasm {

namespace {

constexpr bool yes = true, no = false;

// Where a body begins with gates that it ends with in reverse, undone, they need no control: see
// Expansion. So each of the two-qubit gates costs one controlled rotation when it is controlled.
constexpr std::array standard{
    Definition{"gate id q { }", yes, yes},
    Definition{"gate u0(gamma) q { id q; }", yes, no},
    Definition{"gate u(theta,phi,lambda) q { U(theta,phi,lambda) q; }", yes, no},
    Definition{"gate u1(lambda) q { p(lambda) q; }", yes, yes},
    Definition{"gate u2(phi,lambda) q { gphase(-(phi+lambda)/2); U(pi/2,phi,lambda) q; }", yes,
               yes},
    Definition{"gate u3(theta,phi,lambda) q { gphase(-(phi+lambda)/2); U(theta,phi,lambda) q; }",
               yes, yes},
    Definition{"gate phase(lambda) q { p(lambda) q; }", no, yes},
    Definition{"gate s q { p(pi/2) q; }", yes, yes},
    Definition{"gate sdg q { p(-pi/2) q; }", yes, yes},
    Definition{"gate t q { p(pi/4) q; }", yes, yes},
    Definition{"gate tdg q { p(-pi/4) q; }", yes, yes},
    Definition{"gate sx q { h q; p(pi/2) q; h q; }", yes, yes},
    Definition{"gate sxdg q { h q; p(-pi/2) q; h q; }", yes, no},

    Definition{"gate cx c, t { ctrl @ x c, t; }", yes, yes},
    Definition{"gate CX c, t { cx c, t; }", yes, yes},
    Definition{"gate cy c, t { ctrl @ y c, t; }", yes, yes},
    Definition{"gate cz c, t { ctrl @ z c, t; }", yes, yes},
    Definition{"gate ch c, t { ctrl @ h c, t; }", yes, yes},
    Definition{"gate csx c, t { ctrl @ sx c, t; }", yes, no},
    Definition{"gate crx(theta) c, t { ctrl @ rx(theta) c, t; }", yes, yes},
    Definition{"gate cry(theta) c, t { ctrl @ ry(theta) c, t; }", yes, yes},
    Definition{"gate crz(theta) c, t { ctrl @ rz(theta) c, t; }", yes, yes},
    Definition{"gate cp(theta) c, t { ctrl @ p(theta) c, t; }", yes, yes},
    Definition{"gate cu1(theta) c, t { cp(theta) c, t; }", yes, no},
    Definition{"gate cphase(theta) c, t { cp(theta) c, t; }", no, yes},
    Definition{"gate cu3(theta,phi,lambda) c, t { ctrl @ U(theta,phi,lambda) c, t; }", yes, no},
    Definition{"gate cu(theta,phi,lambda,gamma) c, t { p(gamma) c; ctrl @ U(theta,phi,lambda) c, "
               "t; }",
               yes, yes},

    Definition{"gate swap a, b { cx a, b; cx b, a; cx a, b; }", yes, yes},
    Definition{"gate iswap a, b { cx a, b; crx(-pi) b, a; cx a, b; }", no, no},
    Definition{"gate iswapdg a, b { cx a, b; crx(pi) b, a; cx a, b; }", no, no},
    Definition{"gate sqrt_iswap a, b { cx a, b; crx(-pi/2) b, a; cx a, b; }", no, no},
    Definition{"gate sqrt_iswapdg a, b { cx a, b; crx(pi/2) b, a; cx a, b; }", no, no},
    Definition{"gate xy(theta) a, b { cx a, b; crx(-theta) b, a; cx a, b; }", no, no},
    Definition{"gate ecr a, b { h b; cx a, b; rz(pi/4) b; cx a, b; h b; x a; "
               "h b; cx a, b; rz(-pi/4) b; cx a, b; h b; }",
               no, no},
    Definition{"gate rxx(theta) a, b { h a; h b; cx a, b; rz(theta) b; cx a, b; h b; h a; }", yes,
               no},
    Definition{"gate ryy(theta) a, b { rx(pi/2) a; rx(pi/2) b; cx a, b; rz(theta) b; cx a, b; "
               "rx(-pi/2) b; rx(-pi/2) a; }",
               no, no},
    Definition{"gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }", yes, no},

    Definition{"gate ccx a, b, c { ctrl(2) @ x a, b, c; }", yes, yes},
    Definition{"gate cswap a, b, c { ctrl @ swap a, b, c; }", yes, yes},
    Definition{"gate rccx a, b, c { h c; t c; cx b, c; tdg c; cx a, c; t c; cx b, c; tdg c; h c; }",
               yes, no},
    Definition{"gate rc3x a, b, c, d { h d; t d; cx c, d; tdg d; h d; cx a, d; t d; cx b, d; "
               "tdg d; cx a, d; t d; cx b, d; tdg d; h d; t d; cx c, d; tdg d; h d; }",
               yes, no},
    Definition{"gate c3x a, b, c, d { ctrl(3) @ x a, b, c, d; }", yes, no},
    Definition{"gate c3sqrtx a, b, c, d { ctrl(3) @ sx a, b, c, d; }", yes, no},
    Definition{"gate c4x a, b, c, d, e { ctrl(4) @ x a, b, c, d, e; }", yes, no},
};

constexpr std::string_view braket = R"(
gate i q { id q; }
gate si q { sdg q; }
gate ti q { tdg q; }
gate v q { sx q; }
gate vi q { sxdg q; }
gate phaseshift(lambda) q { p(lambda) q; }
gate gpi(phi) q { rz(-phi) q; x q; rz(phi) q; }
gate gpi2(phi) q { rz(-phi) q; rx(pi/2) q; rz(phi) q; }
gate prx(theta,phi) q { rz(-phi) q; rx(theta) q; rz(phi) q; }
gate cnot c, t { cx c, t; }
gate ccnot a, b, c { ccx a, b, c; }
gate cv c, t { csx c, t; }
gate cphaseshift(lambda) a, b { cp(lambda) a, b; }
gate cphaseshift00(lambda) a, b { x b; negctrl @ p(lambda) a, b; x b; }
gate cphaseshift01(lambda) a, b { negctrl @ p(lambda) a, b; }
gate cphaseshift10(lambda) a, b { negctrl @ p(lambda) b, a; }
gate pswap(phi) a, b { cx a, b; cx b, a; p(phi) b; cx a, b; }
gate xx(theta) a, b { rxx(theta) a, b; }
gate yy(theta) a, b { ryy(theta) a, b; }
gate zz(theta) a, b { rzz(theta) a, b; }
gate ms(phi0,phi1,theta) a, b {
  rz(-phi0) a; rz(-phi1) b; rxx(theta) a, b; rz(phi1) b; rz(phi0) a;
}
)";

/// "ecr" of "gate ecr a, b { … }".
std::string_view name_of(const Definition& definition) {
  const std::string_view name = definition.text.substr(std::string_view("gate ").size());
  return name.substr(0, name.find_first_of(" ("));
}

}  // namespace

std::span<const Definition> standard_definitions() {
  return standard;
}

std::string_view braket_definitions() {
  return braket;
}

const Definition* find_standard_definition(std::string_view name) {
  const auto it = std::find_if(standard.begin(), standard.end(),
                               [&](const Definition& d) { return name_of(d) == name; });
  return it == standard.end() ? nullptr : &*it;
}

}  // namespace rhodrift::qasm
