#include "cli/counts_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/store/run_reader.hpp>

#include "core/csv.hpp"
#include "core/json_reader.hpp"

namespace rhodrift::cli {

namespace {

constexpr double max_count = 9007199254740992.0;  // 2^53: beyond, doubles are no whole numbers

/// Gathers bitstrings and counts in the order of a file.
class CountsTable {
 public:
  CountsTable(std::string source, BitOrder order) : source_(std::move(source)), order_(order) {}

  /// `place`: where in the source.
  void add(std::string_view text, double count, const std::string& place) {
    if (!(count >= 0.0))
      throw InputError(source_, place, fmt::format("{} is a negative count", count));
    if (count != std::floor(count) || count > max_count)
      throw InputError(
          source_, place,
          fmt::format("the count {} is no whole number in 0..{:.0f}", count, max_count));
    add_bits(text, place);
    counts_.push_back(count);
    shots_ += count;
  }

  Outcomes outcomes() const {
    if (shots_ == 0.0) throw InputError(source_, "", "holds no shots");
    if (shots_ > max_count)
      throw InputError(source_, "", fmt::format("{} shots are more than 2^53", shots_));
    Outcomes outcomes;
    outcomes.n_bits = n_bits_;
    outcomes.shots = static_cast<std::uint64_t>(shots_);
    const std::size_t n_words = outcomes.n_words();
    std::vector<std::size_t> order(counts_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto words = [&](std::size_t i) { return words_.data() + i * n_words; };
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
      for (std::size_t w = n_words; w-- > 0;)
        if (words(a)[w] != words(b)[w]) return words(a)[w] < words(b)[w];
      return false;
    });
    const std::uint64_t* last = nullptr;
    for (const std::size_t i : order) {
      const std::uint64_t* const here = words(i);
      if (last != nullptr && std::equal(here, here + n_words, last)) fail_twice(here);
      last = here;
      if (counts_[i] == 0.0) continue;
      outcomes.words.insert(outcomes.words.end(), here, here + n_words);
      outcomes.frequency.push_back(counts_[i] / shots_);
    }
    return outcomes;
  }

 private:
  void add_bits(std::string_view text, const std::string& place) {
    const int size = static_cast<int>(std::min<std::size_t>(text.size(), Outcomes::max_bits + 1));
    if (size == 0 || size > Outcomes::max_bits)
      throw InputError(source_, place,
                       fmt::format("a bitstring of {} characters; 1..{} can be read", text.size(),
                                   Outcomes::max_bits));
    if (counts_.empty()) n_bits_ = size;
    if (size != n_bits_)
      throw InputError(source_, place,
                       fmt::format("a bitstring of {} bits where the first has {}", size, n_bits_));
    const std::size_t first = words_.size();
    words_.resize(first + (text.size() + 63) / 64, 0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::size_t at = order_ == BitOrder::right ? text.size() - 1 - i : i;
      if (text[at] != '0' && text[at] != '1')
        throw InputError(source_, place,
                         fmt::format("character {} of the bitstring is '{}', neither 0 nor 1",
                                     at + 1, text[at]));
      words_[first + i / 64] |= std::uint64_t{text[at] == '1'} << (i % 64);
    }
  }
  [[noreturn]] void fail_twice(const std::uint64_t* words) const {
    Outcomes single;
    single.n_bits = n_bits_;
    single.words.assign(words, words + single.n_words());
    single.frequency = {1.0};
    throw InputError(
        source_, "",
        fmt::format("holds the bitstring \"{}\" twice", reordered(single.text(0), order_)));
  }

  std::string source_;
  BitOrder order_;
  int n_bits_ = 0;
  double shots_ = 0.0;
  std::vector<std::uint64_t> words_;
  std::vector<double> counts_;
};

/// Takes counts from the events of a JSON parser, so that no document is built.
class JsonCounts : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonCounts(const std::string& source, CountsTable& table) : source_(source), table_(table) {}

  bool null() override { refuse("null"); }
  bool boolean(bool value) override { refuse(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) override { return add(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) override { return add(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { refuse('"' + value + '"'); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // JSON text has none
  bool start_object(std::size_t) override {
    if (inside_) refuse("an object");
    return inside_ = true;
  }
  bool start_array(std::size_t) override { refuse("an array"); }
  bool end_object() override { return true; }
  bool end_array() override { return true; }
  bool key(std::string& name) override {
    bitstring_ = name;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    throw InputError(source_, fmt::format("byte {}", position), "not JSON");
  }

 private:
  [[noreturn]] void refuse(const std::string& found) const {
    throw InputError(source_, inside_ ? "/" + bitstring_ : "",
                     inside_ ? fmt::format("expected a count, found {}", found)
                             : fmt::format("expected an object of counts, found {}", found));
  }
  bool add(double count) {
    if (!inside_) refuse(fmt::format("{}", count));
    table_.add(bitstring_, count, "/" + bitstring_);
    return true;
  }

  const std::string& source_;
  CountsTable& table_;
  bool inside_ = false;
  std::string bitstring_;
};

void read_csv(const std::string& text, const std::string& source, CountsTable& table) {
  const std::vector<CsvRecord> records = parse_csv(text, source);
  for (const CsvRecord& record : records) {
    if (record.fields.size() != 2)
      throw InputError(
          source, fmt::format("line {}", record.line),
          fmt::format("{} fields; \"bitstring,count\" is expected", record.fields.size()));
    const std::string bitstring = trimmed(record.fields[0]), number = trimmed(record.fields[1]);
    if (&record == &records.front() && bitstring == "bitstring" && number == "count") continue;
    double count = 0.0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
    const std::string place = fmt::format("line {}", record.line);
    if (error != std::errc{} || end != number.data() + number.size())
      throw InputError(source, place, fmt::format("the count '{}' is no number", number));
    table.add(bitstring, count, place);
  }
}

/// One bitstring, as an outcome.
std::vector<std::uint64_t> pattern_of(const JsonPlace& place, int n_bits, BitOrder order) {
  const std::string text = place.string();
  CountsTable table("", order);
  try {
    table.add(text, 1.0, "");
  } catch (const InputError& error) {
    place.refuse(error.what());
  }
  if (std::ssize(text) != n_bits)
    place.refuse(fmt::format("\"{}\" has {} bits, the counts have {}", text, text.size(), n_bits));
  const Outcomes outcome = table.outcomes();
  return {outcome.words.begin(), outcome.words.end()};
}

readout::PreparedState read_state(const JsonPlace& place, const std::string& file, int n_bits,
                                  BitOrder order) {
  place.allow_keys({"prepared", "counts"});
  readout::PreparedState state{pattern_of(place.at("prepared"), n_bits, order), {}, -1};
  const JsonPlace counts = place.at("counts");
  CountsTable table(file, order);
  for (const std::string& text : counts.keys()) {
    const JsonPlace count = counts.at(text);
    table.add(text, count.number(), count.pointer());
  }
  state.outcomes = table.outcomes();
  if (state.outcomes.n_bits != n_bits)
    counts.refuse(
        fmt::format("bitstrings of {} bits, the counts have {}", state.outcomes.n_bits, n_bits));
  return state;
}

Outcomes read_shots(const std::string& argument) {
  const std::size_t at = argument.rfind('@');
  if (at == std::string::npos)
    throw InputError(argument, "", "is a run file; name its shots as FILE@NAME");
  return RunReader(argument.substr(0, at)).shots(argument.substr(at + 1)).outcomes();
}

}  // namespace

Outcomes read_counts(const std::string& argument, BitOrder order) {
  if (argument.find('@') != std::string::npos && !std::filesystem::exists(argument))
    return read_shots(argument);
  const std::string text = read_file(argument);
  if (text.starts_with("\x89HDF\r\n")) return read_shots(argument);
  CountsTable table(argument, order);
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) throw InputError(argument, "", "is empty");
  if (std::string_view("{[\"").find(text[start]) != std::string_view::npos) {
    JsonCounts events(argument, table);
    nlohmann::json::sax_parse(text, &events);
  } else {
    read_csv(text, argument, table);
  }
  return table.outcomes();
}

std::vector<readout::PreparedState> read_calibration_counts(const std::string& file, int n_bits,
                                                            BitOrder order) {
  const JsonDocument document(read_file(file), file);
  std::vector<readout::PreparedState> states;
  for (const JsonPlace& place : document.root().elements())
    states.push_back(read_state(place, file, n_bits, order));
  return states;
}

}  // namespace rhodrift::cli
