#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/noise_policy.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("Policies have names") {
  CHECK(parse_noise_policy("aer") == NoisePolicy::aer);
  CHECK(parse_noise_policy("ideal") == NoisePolicy::ideal);
  CHECK(parse_noise_policy("device") == NoisePolicy::device);
  CHECK(parse_noise_policy("scaled:1.5") == NoisePolicy::scaled(1.5));
  CHECK(NoisePolicy::scaled(1.0) == NoisePolicy::device);
  CHECK(NoisePolicy() == NoisePolicy::device);
  CHECK(to_string(NoisePolicy::aer) == "aer");
  CHECK(to_string(NoisePolicy::ideal) == "ideal");
  CHECK(to_string(NoisePolicy::device) == "device");
  CHECK(to_string(NoisePolicy::scaled(0.1)) == "scaled:0.1");
}

TEST_CASE("Options switch one thing each, and come back as text") {
  const NoisePolicy cold = parse_noise_policy("device:no-keep-error");
  CHECK_FALSE(cold.keep_error);
  CHECK(cold.coherent);
  const NoisePolicy warm = parse_noise_policy("scaled:2,temperature-mk=50,no-coherent");
  CHECK(warm.scale == 2.0);
  CHECK(warm.temperature_mk == 50.0);
  CHECK_FALSE(warm.coherent);
  for (const char* text :
       {"device:temperature-mk=15.5", "scaled:0.25,temperature-mk=1e+03,no-keep-error,no-coherent",
        "device:no-coherent", "device:no-marginal-readout", "device:no-mid-circuit",
        "device:no-idle", "device:no-schedule", "device:no-exclude-faulty", "scaled:0"}) {
    CAPTURE(text);
    CHECK(to_string(parse_noise_policy(text)) ==
          to_string(parse_noise_policy(to_string(parse_noise_policy(text)))));
    CHECK(parse_noise_policy(to_string(parse_noise_policy(text))) == parse_noise_policy(text));
  }
  CHECK(to_string(parse_noise_policy("device:no-idle,temperature-mk=15.5")) ==
        "device:temperature-mk=15.5,no-idle");
  // Aer is the device without the improvements.
  CHECK(parse_noise_policy("device:no-keep-error,no-coherent,no-marginal-readout,no-mid-circuit,"
                           "no-schedule,no-exclude-faulty") == NoisePolicy::aer);
}

TEST_CASE("Policies that cannot be read are refused") {
  CHECK_THROWS_WITH(parse_noise_policy("Aer"),
                    "noise policy: 'Aer' is unknown; known are device, aer, ideal, scaled:FACTOR");
  CHECK_THROWS_WITH(parse_noise_policy(""), ContainsSubstring("'' is unknown"));
  CHECK_THROWS_WITH(parse_noise_policy("aer:no-idle"),
                    "noise policy: 'aer:no-idle': aer has no options");
  CHECK_THROWS_WITH(parse_noise_policy("ideal:"), ContainsSubstring("ideal has no options"));
  CHECK_THROWS_WITH(parse_noise_policy("scaled"),
                    "noise policy: 'scaled' needs a factor, e.g. scaled:1.5");
  for (const char* factor : {"", "-1", "1.5x", "nan", "inf", "no-idle", "1e999"}) {
    CAPTURE(factor);
    CHECK_THROWS_WITH(
        parse_noise_policy(std::string("scaled:") + factor),
        "noise policy: scaled:FACTOR: '" + std::string(factor) + "' is not a finite number >= 0");
  }
  CHECK_THROWS_WITH(parse_noise_policy("device:temperature-mk=cold"),
                    "noise policy: temperature-mk: 'cold' is not a finite number >= 0");
  CHECK_THROWS_WITH(
      parse_noise_policy("device:idle"),
      "noise policy: option 'idle' is unknown; known are temperature-mk=T, no-keep-error, "
      "no-coherent, no-marginal-readout, no-mid-circuit, no-idle, no-schedule, no-exclude-faulty");
  CHECK_THROWS_WITH(parse_noise_policy("device:"), ContainsSubstring("option '' is unknown"));
  CHECK_THROWS_WITH(parse_noise_policy("device:no-idle,"),
                    ContainsSubstring("option '' is unknown"));
  CHECK_THROWS_WITH(NoisePolicy::scaled(-0.5),
                    "noise policy: scaled: -0.5 is not a finite number >= 0");
  CHECK_THROWS_WITH(NoisePolicy::scaled(std::nan("")), ContainsSubstring("nan"));
}
