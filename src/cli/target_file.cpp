#include "cli/target_file.hpp"

#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/train/outcome_distribution.hpp>

#include "cli/counts_file.hpp"
#include "core/csv.hpp"

namespace rhodrift::cli {

namespace {

constexpr int max_bits = 8;

bool is_bitstring(std::string_view text) {
  return !text.empty() && text.find_first_not_of("01") == std::string_view::npos;
}

/// Whether the text is a table of samples and not of counts, which begin with a bitstring, with
/// "bitstring" or as JSON.
bool is_table_of_samples(const std::string& text) {
  const std::vector<std::string> first = csv_fields(text.substr(0, text.find('\n')));
  const std::string name = first.empty() ? "" : trimmed(first.front());
  return !is_bitstring(name) && name != "bitstring" && !name.empty() &&
         std::string_view("{[\"\x89").find(name.front()) == std::string_view::npos;
}

Outcomes read_samples_of_bits(const std::string& text, const std::string& source) {
  const std::vector<CsvRecord> records = parse_csv(text, source);
  if (records.size() < 2)
    throw InputError(source, "", "holds no samples; a header and a line for each are needed");
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t i = 1; i < records.size(); ++i) {
    std::string bits;
    for (std::size_t column = 0; column < records[i].fields.size(); ++column) {
      const std::string bit = trimmed(records[i].fields[column]);
      if (bit != "0" && bit != "1")
        throw InputError(source, fmt::format("line {}, column {}", records[i].line, column + 1),
                         fmt::format("'{}' is neither 0 nor 1", bit));
      bits += bit;
    }
    ++counts[bits];
  }
  return Outcomes::from_counts(counts);
}

arma::vec distribution_of(const Outcomes& outcomes, const std::string& source) {
  if (outcomes.n_bits > max_bits)
    throw InputError(
        source, "",
        fmt::format("has {} bits, a generator's are {} at most", outcomes.n_bits, max_bits));
  arma::vec distribution(arma::uword{1} << outcomes.n_bits);
  for (std::size_t r = 0; r < outcomes.size(); ++r)
    distribution(outcomes.number(r)) = outcomes.frequency[r];
  return distribution / arma::accu(distribution);
}

}  // namespace

arma::vec read_target(const std::string& target, const std::filesystem::path& directory) {
  // What is no file by its looks is a name, and those are listed.
  if (is_outcome_distribution(target) || target.find_first_of("./@") == std::string::npos)
    return parse_outcome_distribution(target);
  const std::string file = (directory / target).string();
  if (target.find('@') == std::string::npos) {
    const std::string text = read_file(file);
    if (is_table_of_samples(text)) return distribution_of(read_samples_of_bits(text, file), file);
  }
  return distribution_of(read_counts(file, BitOrder::right), file);
}

}  // namespace rhodrift::cli
