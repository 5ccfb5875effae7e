#include <chrono>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/time.hpp>

namespace rhodrift {

namespace {

using namespace std::chrono;

/// Reads a date-time from left to right; every failure says what was expected and where.
class TimeReader {
 public:
  TimeReader(std::string_view text, const std::string& source, const std::string& place)
      : text_(text), source_(source), place_(place) {}

  UtcTime read() {
    const sys_days day = date();
    if (at_end()) return {sys_seconds(day).time_since_epoch().count()};
    expect('T');
    const seconds of_day = time_of_day();
    const sys_seconds utc = sys_seconds(day) + of_day - offset();
    if (!at_end()) fail("unexpected text after the time");
    return {utc.time_since_epoch().count()};
  }

 private:
  sys_days date() {
    const int y = number(4, 0, 9999, "year");
    expect('-');
    const int m = number(2, 1, 12, "month");
    expect('-');
    const int d = number(2, 1, 31, "day");
    const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                              day(static_cast<unsigned>(d))};
    if (!date.ok()) fail("the month has no such day");
    return date;
  }

  seconds time_of_day() {
    const hours h(number(2, 0, 23, "hour"));
    expect(':');
    const minutes m(number(2, 0, 59, "minute"));
    expect(':');
    const seconds s(number(2, 0, 59, "second"));
    if (skip('.') || skip(',')) {
      if (!is_digit()) fail("expected digits of a fraction of a second");
      while (is_digit()) ++position_;
    }
    return h + m + s;
  }

  /// What the local time is ahead of UTC: "Z", "+hh:mm", "+hhmm" or "+hh".
  seconds offset() {
    if (skip('Z')) return seconds(0);
    const bool west = skip('-');
    if (!west && !skip('+')) fail("expected an offset from UTC (\"Z\" or \"+hh:mm\") at the end");
    seconds ahead = hours(number(2, 0, 23, "offset hour"));
    if (skip(':') || !at_end()) ahead += minutes(number(2, 0, 59, "offset minute"));
    return west ? -ahead : ahead;
  }

  int number(int n_digits, int low, int high, std::string_view what) {
    const std::size_t begin = position_;
    int value = 0;
    for (int i = 0; i < n_digits; ++i) {
      if (!is_digit()) fail(fmt::format("expected the {} in {} digits", what, n_digits));
      value = 10 * value + (text_[position_++] - '0');
    }
    if (value < low || value > high) {
      position_ = begin;
      fail(fmt::format("{} {} is outside {}..{}", what, value, low, high));
    }
    return value;
  }

  bool at_end() const { return position_ == text_.size(); }
  bool is_digit() const { return !at_end() && text_[position_] >= '0' && text_[position_] <= '9'; }
  bool skip(char c) {
    if (at_end() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  void expect(char c) {
    if (!skip(c)) fail(fmt::format("expected '{}'", c));
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw InputError(source_, place_,
                     fmt::format("time \"{}\": character {}: {}", text_, position_ + 1, problem));
  }

  std::string_view text_;
  const std::string& source_;
  const std::string& place_;
  std::size_t position_ = 0;
};

}  // namespace

UtcTime parse_utc(std::string_view text, const std::string& source, const std::string& place) {
  return TimeReader(text, source, place).read();
}

std::string to_iso8601(UtcTime time) {
  const sys_seconds moment{seconds(time.unix_s)};
  const sys_days midnight = floor<days>(moment);
  const year_month_day date(midnight);
  const hh_mm_ss clock(moment - midnight);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace rhodrift
