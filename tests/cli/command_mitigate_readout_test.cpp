#include <cmath>
#include <functional>

#include <rhodrift/store/run_writer.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

const char* const three_matrices =
    "[[[0.98, 0.05], [0.02, 0.95]], [[0.97, 0.04], [0.03, 0.96]], [[0.99, 0.06], [0.01, 0.94]]]";
// Every outcome was seen.
const char* const three_bits =
    R"({"000": 800, "001": 140, "010": 130, "011": 90, "100": 120, "101": 80, "110": 60, "111": 580})";

test::CapturedRun mitigate(const std::string& counts, const std::string& confusion,
                           std::vector<std::string> more) {
  std::vector<std::string> arguments{"mitigate", "readout",     "--counts",
                                     counts,     "--confusion", confusion};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

nlohmann::ordered_json json_of(const test::CapturedRun& result) {
  INFO(result.err);
  REQUIRE(result.status == 0);
  return result.json();
}

void check_equal(const nlohmann::ordered_json& a, const nlohmann::ordered_json& b) {
  REQUIRE(a["quasi_probabilities"].size() == b["quasi_probabilities"].size());
  for (const auto& [bits, weight] : a["quasi_probabilities"].items())
    CHECK(weight.get<double>() ==
          Approx(b["quasi_probabilities"][bits].get<double>()).margin(1e-12));
}

}  // namespace

TEST_CASE("One bit is mitigated by hand") {
  const ScratchDirectory scratch;
  const std::string counts = scratch.write("counts.json", R"({"0": 800, "1": 200})");
  const std::string confusion = scratch.write("matrices.json", "[[[0.98, 0.05], [0.02, 0.95]]]");
  // f1 = 0.02 (1 - p1) + 0.95 p1
  const double p1 = (0.2 - 0.02) / 0.93;
  for (const std::string method : {"inverse", "least-squares", "m3", "ibu"}) {
    INFO(method);
    const auto result =
        json_of(mitigate(counts, confusion, {"--method", method, "--observable", "Z", "--json"}));
    const double tolerance = method == "ibu" ? 1e-6 : 1e-12;
    CHECK(result["quasi_probabilities"]["1"].get<double>() == Approx(p1).margin(tolerance));
    const auto z = result["expectations"]["Z"];
    CHECK(z["value"].get<double>() == Approx(1 - 2 * p1).margin(2 * tolerance));
    // Var f1 = 0.8 0.2 / 999, d<Z>/df1 = -2/0.93
    CHECK(z["std_error"].get<double>() == Approx(2 / 0.93 * std::sqrt(0.16 / 999)).epsilon(1e-4));
    CHECK(z["shots"] == 1000);
    CHECK(z["ci"].size() == 2);
    // A^-1 = ((.95, -.05), (-.02, .98)) / .93, of 1-norm 1.03 / .93
    CHECK(result["overhead"].get<double>() == Approx(std::pow(1.03 / 0.93, 2)).epsilon(1e-12));
  }
}

TEST_CASE("M3 is inversion where every outcome was seen, and without a distance") {
  const ScratchDirectory scratch;
  const std::string counts = scratch.write("counts.json", three_bits);
  const std::string confusion = scratch.write("matrices.json", three_matrices);
  const std::vector<std::string> more{"--observable", "ZZI", "--json"};
  const auto inverse = json_of(mitigate(counts, confusion, more));
  for (const std::string distance : {"3", "all"}) {
    auto options = more;
    options.insert(options.end(), {"--method", "m3", "--distance", distance});
    const auto m3 = json_of(mitigate(counts, confusion, options));
    check_equal(m3, inverse);
    const auto zzi = m3["expectations"]["ZZI"];
    CHECK(zzi["std_error"].get<double>() ==
          Approx(inverse["expectations"]["ZZI"]["std_error"].get<double>()).epsilon(1e-10));
    CHECK(zzi["diagnostics"]["captured"].get<double>() == Approx(1.0));
    CHECK(m3["overhead"].get<double>() == Approx(inverse["overhead"].get<double>()));
  }
  const auto near = json_of(mitigate(
      counts, confusion, {"--method", "m3", "--distance", "0", "--json", "--observable", "Z2"}));
  CHECK(near["quasi_probabilities"]["000"] == 0.4);
  CHECK(near["overhead"] == 1.0);
}

TEST_CASE("One joint matrix says what the product of the single ones does") {
  const ScratchDirectory scratch;
  const std::string counts =
      scratch.write("counts.json", R"({"00": 700, "01": 100, "10": 150, "11": 50})");
  const std::string single =
      scratch.write("single.json", "[[[0.9, 0.2], [0.1, 0.8]], [[0.96, 0.3], [0.04, 0.7]]]");
  // Bit 1 is the high one: kron(second, first).
  const std::string joint = scratch.write(
      "joint.json",
      "[[0.864, 0.192, 0.27, 0.06], [0.096, 0.768, 0.03, 0.24], [0.036, 0.008, 0.63, 0.14], "
      "[0.004, 0.032, 0.07, 0.56]]");
  for (const std::string method : {"inverse", "least-squares", "m3"})
    check_equal(json_of(mitigate(counts, single, {"--method", method, "--json"})),
                json_of(mitigate(counts, joint, {"--method", method, "--json"})));
}

TEST_CASE("Counts are the same from JSON, CSV and a run file, in either bit order") {
  const ScratchDirectory scratch;
  const std::string confusion = scratch.write("matrices.json", three_matrices);
  const std::string json = scratch.write("c.json", R"({"001": 30, "110": 2, "011": 0, "000": 8})");
  const std::string csv = scratch.write("c.csv", "bitstring,count\n110,2\n001,30\r\n000,8\n");
  const std::string bare = scratch.write("c.txt", "110;2\n001;30\n000;8\n");
  const std::string mirrored = scratch.write("left.json", R"({"100": 30, "011": 2, "000": 8})");
  ShotTable shots(3);
  for (int i = 0; i < 40; ++i) shots.append(i < 30 ? 1 : i < 32 ? 6 : 0);
  const std::string run_file = (scratch / "run.h5").string();
  RunWriter writer(run_file, {});
  writer.write_shots("raw/ghz", shots);
  writer.commit();

  const std::vector<std::string> options{"--method", "m3", "--observable", "ZZI", "--json"};
  const auto expected = json_of(mitigate(json, confusion, options));
  CHECK(expected["quasi_probabilities"].size() == 3);
  for (const std::string& counts : {csv, bare, run_file + "@raw/ghz"})
    CHECK(json_of(mitigate(counts, confusion, options)) == expected);
  const auto left =
      json_of(mitigate(mirrored, confusion,
                       {"--method", "m3", "--observable", "IZZ", "--bit-order", "left", "--json"}));
  CHECK(left["quasi_probabilities"]["100"] == expected["quasi_probabilities"]["001"]);
  CHECK(left["expectations"]["IZZ"] == expected["expectations"]["ZZI"]);
  const auto sparse = json_of(
      mitigate(mirrored, confusion,
               {"--method", "m3", "--observable", "Z1 Z2", "--bit-order", "left", "--json"}));
  CHECK(sparse["expectations"]["Z1 Z2"] == expected["expectations"]["ZZI"]);
}

TEST_CASE("A recorded calibration stands in for the matrices") {
  const ScratchDirectory scratch;
  const std::string counts = scratch.write("counts.json", R"({"00": 900, "01": 70, "11": 30})");
  const auto result = json_of(run({"mitigate", "readout", "--counts", counts, "--calibration",
                                   shipped("calibrations/belem.json"), "--layout", "1,3",
                                   "--observable", "Z0 Z1", "--json"}));
  CHECK(result["quasi_probabilities"].size() == 4);
  CHECK(result["overhead"].get<double>() > 1.0);
  const auto none = run({"mitigate", "readout", "--counts", counts});
  CHECK(none.status == 2);
  CHECK_THAT(none.err,
             ContainsSubstring("--confusion, --calibration-counts or --calibration is needed"));
  const auto wide = run({"mitigate", "readout", "--counts", counts, "--calibration",
                         shipped("calibrations/belem.json"), "--layout", "1,9"});
  CHECK(wide.status == 2);
  CHECK_THAT(wide.err, ContainsSubstring("device qubit 9 is outside"));
}

TEST_CASE("Clipping gives a distribution and says what it adds") {
  const ScratchDirectory scratch;
  const std::string counts = scratch.write("counts.json", R"({"00": 960, "01": 5, "11": 35})");
  const std::string confusion =
      scratch.write("matrices.json", "[[[0.95, 0.1], [0.05, 0.9]], [[0.95, 0.1], [0.05, 0.9]]]");
  const auto free = json_of(mitigate(counts, confusion, {"--observable", "IZ", "--json"}));
  const auto clipped =
      json_of(mitigate(counts, confusion, {"--observable", "IZ", "--json", "--clip"}));
  CHECK(free["quasi_probabilities"]["01"].get<double>() < 0.0);
  CHECK(free["expectations"]["IZ"]["value"].get<double>() > 1.0);
  double sum = 0.0;
  for (const auto& [bits, weight] : clipped["quasi_probabilities"].items()) {
    CHECK(weight.get<double>() > 0.0);
    sum += weight.get<double>();
  }
  CHECK(sum == Approx(1.0).epsilon(1e-12));
  const auto estimate = clipped["expectations"]["IZ"];
  CHECK(estimate["value"].get<double>() <= 1.0);
  CHECK(estimate["diagnostics"]["clipping_bias"].get<double>() ==
        Approx(estimate["value"].get<double>() - free["expectations"]["IZ"]["value"].get<double>())
            .margin(1e-12));
  CHECK(estimate["std_error"] == free["expectations"]["IZ"]["std_error"]);
}

TEST_CASE("127 bits: expectations by inversion, quasi-probabilities by M3") {
  const ScratchDirectory scratch;
  std::string matrices = "[";
  for (int bit = 0; bit < 127; ++bit)
    matrices += std::string(bit == 0 ? "" : ",") + "[[0.99, 0.03], [0.01, 0.97]]";
  const std::string confusion = scratch.write("matrices.json", matrices + "]");
  const std::string zeros(127, '0'), ones(127, '1');
  std::string flipped = zeros;
  flipped[126] = '1';
  const std::string counts = scratch.write(
      "counts.json", "{\"" + ones + "\": 40, \"" + zeros + "\": 50, \"" + flipped + "\": 10}");
  const auto m3 =
      json_of(mitigate(counts, confusion, {"--method", "m3", "--observable", "Z0", "--json"}));
  CHECK(m3["quasi_probabilities"].size() == 3);
  CHECK(m3["quasi_probabilities"][zeros].get<double>() > 0.5);
  CHECK(m3["quasi_probabilities"][ones].get<double>() == Approx(0.4));
  const auto inverse = json_of(mitigate(counts, confusion, {"--observable", "Z0", "--json"}));
  CHECK(inverse["quasi_probabilities"].is_null());
  // f1 = 1/2; <Z> = 1 - 2 (f1 - 0.01)/0.96
  CHECK(inverse["expectations"]["Z0"]["value"].get<double>() ==
        Approx(1 - 2 * 0.49 / 0.96).epsilon(1e-12));
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--observable", "Z0", "--clip"}}) {
    const auto refused = mitigate(counts, confusion, options);
    CHECK(refused.status == 2);
    CHECK_THAT(refused.err, ContainsSubstring("127 bits have 2^127 quasi-probabilities"));
  }
  const auto text = mitigate(counts, confusion, {"--method", "m3", "--observable", "Z0"});
  CHECK(text.status == 0);
  CHECK_THAT(text.out, ContainsSubstring("3 different outcomes") && ContainsSubstring("captured"));
}

TEST_CASE("Bad counts and matrices are refused at their place") {
  const ScratchDirectory scratch;
  const std::string good_counts = scratch.write("good.json", three_bits);
  const std::string good_matrices = scratch.write("matrices.json", three_matrices);
  const auto refuses_counts = [&](const std::string& content, const std::string& message) {
    const std::string file = scratch.write("bad", content);
    for (const std::string method : {"inverse", "m3"}) {
      const auto result = mitigate(file, good_matrices, {"--method", method});
      INFO(content << '\n' << result.err);
      CHECK(result.status == 2);
      CHECK(result.out.empty());
      CHECK_THAT(result.err, ContainsSubstring(file + ": " + message));
    }
  };
  refuses_counts(R"({"000": 5, "01": 3})", "/01: a bitstring of 2 bits where the first has 3");
  refuses_counts(R"({"000": 5, "001": -3})", "/001: -3 is a negative count");
  refuses_counts(R"({"000": 5.5})", "/000: the count 5.5 is no whole number in 0..90071992547");
  refuses_counts(R"({"000": 1e300})", "/000: the count 1e+300 is no whole number");
  refuses_counts(R"({"0x0": 5})", "/0x0: character 2 of the bitstring is 'x', neither 0 nor 1");
  refuses_counts(R"({"": 5})", "/: a bitstring of 0 characters; 1..4096 can be read");
  refuses_counts(R"({"000": "5"})", "/000: expected a count, found \"5\"");
  refuses_counts(R"({"000": {"a": 1}})", "/000: expected a count, found an object");
  refuses_counts(R"(["000"])", "expected an object of counts, found an array");
  refuses_counts(R"({"000": 5, "001": 1, "000": 2})", "holds the bitstring \"000\" twice");
  refuses_counts(R"({"000": 0})", "holds no shots");
  refuses_counts("{}", "holds no shots");
  refuses_counts(R"({"000": 5)", "byte 10: not JSON");
  refuses_counts(" \n", "is empty");
  refuses_counts("000,5\n001,x\n", "line 2: the count 'x' is no number");
  refuses_counts("000,5\n001,-1\n", "line 2: -1 is a negative count");
  refuses_counts("000,5,1\n", "line 1: 3 fields; \"bitstring,count\" is expected");
  refuses_counts("000,5\n000,5\n", "holds the bitstring \"000\" twice");

  const auto refuses_matrices = [&](const std::string& content, const std::string& message) {
    const std::string file = scratch.write("bad.json", content);
    const auto result = mitigate(good_counts, file, {});
    INFO(content << '\n' << result.err);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, ContainsSubstring(file + ": " + message));
  };
  refuses_matrices("[[[0.9, 0.1], [0.1, 0.9]]]", "1 matrices for bitstrings of 3 bits");
  refuses_matrices("[[1, 0], [0, 1]]", "2 rows where a 8 x 8 matrix is expected");
  refuses_matrices("[[[0.9, 0.1]], [[1, 0], [0, 1]], [[1, 0], [0, 1]]]",
                   "/0: 1 rows where a 2 x 2 matrix is expected");
  refuses_matrices("[[[0.9, 0.1], [0.1]], [[1, 0], [0, 1]], [[1, 0], [0, 1]]]",
                   "/0/1: 1 entries where a 2 x 2 matrix is expected");
  refuses_matrices("[[[0.9, 0.1], [0.2, 0.9]], [[1, 0], [0, 1]], [[1, 0], [0, 1]]]",
                   "/0: column 0 (prepared 0) sums to 1.1, not to 1 within 1e-06");
  refuses_matrices("[[[1.1, 0.1], [-0.1, 0.9]], [[1, 0], [0, 1]], [[1, 0], [0, 1]]]",
                   "/0/0/0: 1.1 is outside [0, 1]");
  refuses_matrices("[[[1, 0], [0, 1]], [[0.5, 0.5], [0.5, 0.5]], [[1, 0], [0, 1]]]",
                   "readout error: bits 1: the confusion matrix has condition number");
  refuses_matrices("[]", "an empty list");
  refuses_matrices("{}", "expected an array");

  const auto refuses = [&](const std::vector<std::string>& options, const std::string& message) {
    const auto result = mitigate(good_counts, good_matrices, options);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
  };
  refuses({"--method", "magic"}, "magic");
  refuses({"--observable", "ZZ"}, "--observable: ZZ: 2 letters for 3 bits");
  refuses({"--observable", "XZI"}, "--observable: XZI: X and Y cannot be told from bits");
  refuses({"--observable", "Z3"}, "--observable: Z3: bit 3 is outside 0..2");
  refuses({"--observable", "X0"}, "X and Y cannot be told from bits");
  refuses({"--observable", "Q0"}, "--observable: ");
  refuses({"--method", "m3", "--distance", "-1"}, "'-1' is neither a whole number from 0 nor all");
  refuses({"--method", "m3", "--distance", "2.5"}, "'2.5' is neither");
  refuses({"--bit-order", "up"}, "--bit-order");
  refuses({"--calibration", shipped("calibrations/belem.json")}, "excludes");
  const auto run_file = mitigate((scratch / "none.h5").string() + "@x", good_matrices, {});
  CHECK(run_file.status == 2);
  const auto missing = mitigate((scratch / "none.json").string(), good_matrices, {});
  CHECK(missing.status == 2);
  CHECK_THAT(missing.err, ContainsSubstring("none.json"));
}

namespace {

/// Two bits, the marginal scheme with a state more.
const char* const calibration_counts = R"([
  {"prepared": "00", "counts": {"00": 950, "01": 30, "10": 20}},
  {"prepared": "11", "counts": {"11": 900, "01": 40, "10": 60}},
  {"prepared": "01", "counts": {"01": 460, "00": 30, "11": 10}}])";

}  // namespace

TEST_CASE("Calibration counts stand in for confusion matrices, with their error") {
  const ScratchDirectory scratch;
  const std::string counts =
      scratch.write("counts.json", R"({"00": 520, "01": 60, "10": 50, "11": 370})");
  const std::string measured = scratch.write("calibration.json", calibration_counts);
  // Bit 0 (the right one): prepared 0 in 1000 shots, misread in 30; in 1: 1500, misread in 60 + 30.
  const std::string matrices = scratch.write(
      "matrices.json", "[[[0.97, 0.06], [0.03, 0.94]], [[0.98, 0.04], [0.02, 0.96]]]");
  const std::string same_bit_1 = scratch.write("same.json", R"([
    {"prepared": "00", "counts": {"00": 950, "01": 30, "10": 20}},
    {"prepared": "11", "counts": {"11": 900, "01": 40, "10": 60}}])");
  for (const std::string method : {"inverse", "least-squares", "m3", "ibu"}) {
    INFO(method);
    const std::vector<std::string> more{"--method", method, "--observable", "ZI", "--json"};
    const auto exact = json_of(mitigate(counts, matrices, more));
    std::vector<std::string> arguments{
        "mitigate", "readout", "--counts", counts, "--calibration-counts", same_bit_1};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto sampled = json_of(run(arguments));
    const auto ours = sampled["expectations"]["ZI"], known = exact["expectations"]["ZI"];
    CHECK(ours["value"].get<double>() == Approx(known["value"].get<double>()).epsilon(1e-6));
    // p1 = (f - a)/(1 - a - b) with a = 0.02, b = 0.04 of 1000 shots each and one more, spread
    // evenly.
    const double f = 0.42, d = 0.94, a = 20.5 / 1001, b = 40.5 / 1001;
    const double of_a = (f - 0.02 - d) / (d * d), of_b = (f - 0.02) / (d * d);
    const double calibration = 4 * (of_a * of_a * a * (1 - a) + of_b * of_b * b * (1 - b)) / 1000;
    CHECK(ours["std_error"].get<double>() ==
          Approx(std::sqrt(std::pow(known["std_error"].get<double>(), 2) + calibration))
              .epsilon(1e-5));
  }
  const auto three = json_of(run({"mitigate", "readout", "--counts", counts, "--calibration-counts",
                                  measured, "--observable", "IZ", "--json"}));
  const double p1 = (0.43 - 0.03) / (0.94 - 0.03);
  CHECK(three["expectations"]["IZ"]["value"].get<double>() == Approx(1 - 2 * p1).epsilon(1e-9));
}

TEST_CASE("Bits that misread together are calibrated together") {
  const ScratchDirectory scratch;
  const std::string counts =
      scratch.write("counts.json", R"({"00": 500, "01": 50, "10": 50, "11": 400})");
  const std::string all_four = scratch.write("calibration.json", R"([
    {"prepared": "00", "counts": {"00": 90, "11": 10}},
    {"prepared": "01", "counts": {"01": 100}},
    {"prepared": "10", "counts": {"10": 100}},
    {"prepared": "11", "counts": {"11": 80, "00": 20}}])");
  const auto together =
      json_of(run({"mitigate", "readout", "--counts", counts, "--calibration-counts", all_four,
                   "--group", "0,1", "--json"}));
  // 0.9 p00 + 0.2 p11 = 0.5, 0.1 p00 + 0.8 p11 = 0.4
  CHECK(together["quasi_probabilities"]["00"].get<double>() == Approx(0.32 / 0.7));
  CHECK(together["quasi_probabilities"]["01"].get<double>() == Approx(0.05));
}

TEST_CASE("Calibration counts that do not do are refused with the place") {
  const ScratchDirectory scratch;
  const std::string counts = scratch.write("counts.json", R"({"00": 600, "11": 400})");
  const auto error_of = [&](const std::string& text, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"mitigate",
                                       "readout",
                                       "--counts",
                                       counts,
                                       "--calibration-counts",
                                       scratch.write("calibration.json", text)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const test::CapturedRun result = run(arguments);
    CHECK(result.status != 0);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK_THAT(error_of(R"([{"prepared": "00", "counts": {"00": 5}}])"),
             ContainsSubstring("bits 0") && ContainsSubstring("never prepared in 1"));
  CHECK_THAT(
      error_of(R"([{"prepared": "0", "counts": {"00": 5}}])"),
      ContainsSubstring("/0/prepared") && ContainsSubstring("has 1 bits, the counts have 2"));
  CHECK_THAT(error_of(R"([{"prepared": "00", "counts": {"000": 5}}])"),
             ContainsSubstring("/0/counts") && ContainsSubstring("bitstrings of 3 bits"));
  CHECK_THAT(error_of(R"([{"prepared": "00", "counts": {"00": -5}}])"),
             ContainsSubstring("/0/counts/00") && ContainsSubstring("negative count"));
  CHECK_THAT(error_of(R"([{"prepared": "0x", "counts": {"00": 5}}])"),
             ContainsSubstring("/0/prepared") && ContainsSubstring("neither 0 nor 1"));
  CHECK_THAT(error_of(R"([{"counts": {"00": 5}}])"), ContainsSubstring("prepared"));
  CHECK_THAT(error_of("[]"), ContainsSubstring("no state was prepared"));
  CHECK_THAT(error_of(calibration_counts, {"--group", "0,1"}),
             ContainsSubstring("bits 0,1") && ContainsSubstring("never prepared in 10"));
  CHECK_THAT(error_of(calibration_counts, {"--group", "0,7"}),
             ContainsSubstring("bit 7 is outside 0..1"));
  CHECK_THAT(error_of(calibration_counts, {"--group", "a"}),
             ContainsSubstring("is not a list such as 0,1"));
}
