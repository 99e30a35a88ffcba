// The parser of testing/reference-parser, for libFuzzer: the same format, the same checks, the same planted bugs, chosen by the environment
// (BUG, SUPPLIED, EVALUATE_ALL). Refusals are a flag, since exceptions would be slow; whatever must never happen aborts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr uint32_t MAGIC = 0x4b524246;
constexpr size_t HEADER_BYTES = 20;
constexpr int DECLARED = 21;
constexpr size_t RECORDS_MAX = 64;
constexpr int DEPTH_MAX = 8;
constexpr uint32_t FUEL = 100000;

int setting(const char* name, int otherwise) {
  const char* value = getenv(name);
  return value == nullptr ? otherwise : atoi(value);
}
const int BUG = setting("BUG", 0);
const int SUPPLIED = setting("SUPPLIED", DECLARED);
const bool EVALUATE_ALL = setting("EVALUATE_ALL", 0) != 0;

bool refused = false;
void refuse() { refused = true; }
[[noreturn]] void trap() { abort(); }

struct Criterion {
  uint8_t kind = 0;
  uint32_t low = 0;
  uint32_t high = 0;
  std::string text;
  std::vector<Criterion> any;
};
struct Rule {
  uint16_t id = 0;
  uint8_t flags = 0;
  std::vector<Criterion> criteria;
};

struct Cursor {
  const uint8_t* bytes;
  size_t size;
  size_t at;
  size_t end;
  bool need(size_t count) const {
    if (at + count > end) refuse();
    return !refused;
  }
  uint8_t byte() {
    if (at >= size) trap();
    return bytes[at++];
  }
  uint8_t u8() { return need(1) ? byte() : 0; }
  uint16_t u16() {
    if (!need(2)) return 0;
    uint16_t low = byte();
    return static_cast<uint16_t>(low | byte() << 8);
  }
  uint32_t u32() {
    if (!need(4)) return 0;
    uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 8) value |= static_cast<uint32_t>(byte()) << shift;
    return value;
  }
};

uint32_t checksum(const uint8_t* bytes, size_t from, size_t to) {
  static uint32_t sums[256];
  static bool ready = false;
  if (!ready) {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t sum = i;
      for (int bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >> 1) ^ 0xedb88320u : sum >> 1;
      sums[i] = sum;
    }
    ready = true;
  }
  uint32_t sum = 0xffffffffu;
  for (size_t i = from; i < to; i++) sum = (sum >> 8) ^ sums[(sum ^ bytes[i]) & 255];
  return ~sum;
}

std::string letters(Cursor& body) {
  uint8_t length = body.u8();
  std::string text;
  if (!body.need(BUG == 8 ? static_cast<uint8_t>(length + 1) : length)) return text;
  for (int i = 0; i < length; i++) text.push_back(static_cast<char>(body.byte()));
  return text;
}

Criterion criterion(Cursor& body, int depth) {
  Criterion one;
  if (depth > DEPTH_MAX) refuse();
  if (refused) return one;
  if (BUG == 5 && depth == 6) trap();
  one.kind = body.u8();
  switch (one.kind) {
    case 0:
      break;
    case 1:
    case 5:
      one.low = body.u32();
      if (BUG == 6 && one.low == 0xfeedc0deu) trap();
      break;
    case 2:
    case 3:
      one.text = letters(body);
      if (BUG == 9 && one.text == "lsass.exe") trap();
      break;
    case 4:
      one.low = body.u32();
      one.high = body.u32();
      if (one.low > one.high) refuse();
      break;
    case 6: {
      uint8_t count = body.u8();
      if (count == 0 || count > 16) refuse();
      for (int i = 0; i < count && !refused; i++) one.any.push_back(criterion(body, depth + 1));
      break;
    }
    default:
      refuse();
  }
  return one;
}

bool record(Cursor& head, Rule& rule) {
  size_t start = head.at;
  uint16_t length = head.u16();
  if (length == 0 && BUG == 3) {
    head.at = start;
    return false;
  }
  if (!head.need(length)) return false;
  Cursor body{head.bytes, head.size, head.at, head.at + length};
  rule.id = body.u16();
  rule.flags = body.u8();
  for (int i = 0; i < DECLARED && !refused; i++) rule.criteria.push_back(criterion(body, 0));
  if (body.at != body.end) refuse();
  head.at = body.end;
  return !refused;
}

bool header(Cursor& head, size_t size, uint16_t& version, uint16_t& type, uint16_t& count, uint32_t& sum) {
  if (size < HEADER_BYTES || head.u32() != MAGIC) return false;
  version = head.u16();
  if (version < 1 || version > 3) return false;
  type = head.u16();
  if (type > 15 || head.u16() != DECLARED) return false;
  count = head.u16();
  if (count > RECORDS_MAX || head.u32() != size - HEADER_BYTES) return false;
  sum = head.u32();
  return sum == 0 || sum == checksum(head.bytes, HEADER_BYTES, size);
}

std::vector<Rule> parse(const uint8_t* bytes, size_t size) {
  Cursor head{bytes, size, 0, size};
  std::vector<Rule> rules;
  uint16_t version = 0, type = 0, count = 0;
  uint32_t sum = 0;
  if (!header(head, size, version, type, count, sum)) refuse();
  uint32_t fuel = FUEL;
  while (!refused && rules.size() < count) {
    if (--fuel == 0) trap();
    Rule rule;
    if (!record(head, rule)) continue;
    if (BUG == 1 && type == 3 && rule.flags == 0x40) trap();
    if (BUG == 7 && sum != 0 && rule.id == 0x1337) trap();
    rules.push_back(rule);
  }
  if (!refused && head.at != size) refuse();
  if (refused) return {};
  if (BUG == 4 && version == 3 && rules.size() >= 4) trap();
  for (size_t i = 0; BUG == 10 && i < rules.size(); i++) {
    for (size_t j = 0; j < i; j++) {
      if (rules[i].id == rules[j].id && rules[i].flags != rules[j].flags) trap();
    }
  }
  return rules;
}

// The event: 1000 + i at even inputs, "value-i" at odd ones.
bool holds(const Criterion& one, int input) {
  if (one.kind == 0) return true;
  if (one.kind == 6) {
    for (const Criterion& inner : one.any) {
      if (holds(inner, input)) return true;
    }
    return false;
  }
  if (input >= SUPPLIED) trap();
  bool isNumber = input % 2 == 0;
  uint32_t number = 1000 + static_cast<uint32_t>(input);
  std::string text = "value-" + std::to_string(input);
  switch (one.kind) {
    case 1:
      return isNumber && number == one.low;
    case 2:
      return !isNumber && text == one.text;
    case 3:
      return !isNumber && text.compare(0, one.text.size(), one.text) == 0;
    case 4:
      return isNumber && number >= one.low && number <= one.high;
    default:
      return isNumber && (number & one.low) != 0;
  }
}

void evaluate(const Rule& rule) {
  for (int i = 0; i < DECLARED; i++) {
    if (!holds(rule.criteria[static_cast<size_t>(i)], i) && !EVALUATE_ALL) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  refused = false;
  for (const Rule& rule : parse(bytes, size)) evaluate(rule);
  return 0;
}
