/* The wheels of mindquantum (0.10 to 0.12) bring their own __pow_finite for glibc 2.31 and later,
 * which no longer has it. It calls pow, which -ffast-math has turned into __pow_finite: it never
 * returns, and with it no DepolarizingChannel. peer_mindquantum.py loads this one first. */
double pow(double x, double y);
double __pow_finite(double x, double y) {
  return pow(x, y);
}
