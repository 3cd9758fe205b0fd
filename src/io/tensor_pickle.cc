// Instructions are named and defined in Python's pickletools; what torch.save writes, in
// torch/serialization.py and torch/_utils.py.
#include "io/tensor_pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "gliner/error.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

enum class Kind { kMark, kNone, kBool, kInteger, kText, kGlobal, kTuple, kDict, kList, kStorage, kTensor };

const char* kind_name(Kind kind) {
  constexpr std::array<const char*, 11> kNames = {"a mark", "None",      "a bool",  "an integer",
                                                  "a text", "a global",  "a tuple", "a dictionary",
                                                  "a list", "a storage", "a tensor"};
  return kNames[static_cast<std::size_t>(kind)];
}

struct Value;

// What tuples, dictionaries (key, value, key, ...) and lists hold. What has been put into another container
// or a call no longer changes, as in every pickle that Python writes of such data; so nothing can contain
// itself.
struct Container {
  std::vector<Value> items;
  int depth = 1;
  bool closed = false;
};

struct Value {
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;                     // Integers and bools.
  std::shared_ptr<const std::string> text;      // Texts; globals as "module name".
  std::shared_ptr<Container> container;         // Tuples, dictionaries and lists.
  std::shared_ptr<const PickledTensor> tensor;  // Tensors; storages without shape.
};

std::optional<TensorDtype> storage_dtype(std::string_view global) {
  constexpr std::array<std::pair<std::string_view, TensorDtype>, 7> kStorages = {
      {{"torch FloatStorage", TensorDtype::kFloat32},
       {"torch HalfStorage", TensorDtype::kFloat16},
       {"torch BFloat16Storage", TensorDtype::kBFloat16},
       {"torch LongStorage", TensorDtype::kInt64},
       {"torch IntStorage", TensorDtype::kInt32},
       {"torch ByteStorage", TensorDtype::kUInt8},
       {"torch BoolStorage", TensorDtype::kBool}}};
  for (const auto& [name, dtype] : kStorages)
    if (global == name) return dtype;
  return std::nullopt;
}

constexpr std::string_view kRebuildTensor = "torch._utils _rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils _rebuild_parameter";
constexpr std::string_view kOrderedDict = "collections OrderedDict";

class Machine {
 public:
  Machine(std::string_view pickle, const std::string& path) : pickle_(pickle), path_(path) {}

  std::map<std::string, PickledTensor> run() {
    while (!step()) {
    }
    return tensors_of(pop());
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(fmt::format("{}: data.pkl, byte {}: {}", path_, instruction_, what));
  }

  // Reading.

  std::string_view take(std::uint64_t bytes) {
    if (bytes > pickle_.size() - at_) fail("expected more bytes. The file may be cut short");
    const std::string_view taken = pickle_.substr(at_, static_cast<std::size_t>(bytes));
    at_ += static_cast<std::size_t>(bytes);
    return taken;
  }
  std::uint64_t take_number(std::size_t bytes) {
    const std::string_view digits = take(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(digits[i]);
    return value;
  }
  std::string_view take_line() {
    const std::size_t end = pickle_.find('\n', at_);
    if (end == std::string_view::npos) fail("expected a line's end. The file may be cut short");
    const std::string_view line = take(end - at_);
    take(1);
    return line;
  }
  // LONG1: little-endian two's complement of as many bytes as it says.
  std::int64_t take_long() {
    const std::size_t bytes = take_number(1);
    if (bytes > 8) fail("an integer of more than 64 bits");
    const std::uint64_t bits = take_number(bytes);
    if (bytes == 0 || bytes == 8) return static_cast<std::int64_t>(bits);
    const std::uint64_t sign = std::uint64_t{1} << (8 * bytes - 1);
    return static_cast<std::int64_t>((bits ^ sign) - sign);
  }

  // The stack.

  void push(Value value) { stack_.push_back(std::move(value)); }
  void push(Kind kind, std::int64_t integer = 0) {
    Value value;
    value.kind = kind;
    value.integer = integer;
    push(std::move(value));
  }
  void push_text(Kind kind, std::string text) {
    Value value;
    value.kind = kind;
    value.text = std::make_shared<const std::string>(std::move(text));
    push(std::move(value));
  }
  void push_container(Kind kind, std::vector<Value> items) {
    Value value;
    value.kind = kind;
    value.container = std::make_shared<Container>();
    add(*value.container, std::move(items));
    push(std::move(value));
  }
  Value& top() {
    if (stack_.empty()) fail("an instruction without its operand");
    return stack_.back();
  }
  Value pop() {
    Value value = std::move(top());
    stack_.pop_back();
    return value;
  }
  Value pop(Kind kind, const char* what) {
    Value value = pop();
    if (value.kind != kind)
      fail(fmt::format("expected {} as {}, found {}", kind_name(kind), what, kind_name(value.kind)));
    return value;
  }
  std::vector<Value> pop_to_mark() {
    const auto is_mark = [](const Value& value) { return value.kind == Kind::kMark; };
    const auto mark = std::find_if(stack_.rbegin(), stack_.rend(), is_mark);
    if (mark == stack_.rend()) fail("an instruction without its mark");
    std::vector<Value> items(std::make_move_iterator(mark.base()), std::make_move_iterator(stack_.end()));
    stack_.erase(mark.base() - 1, stack_.end());
    return items;
  }
  std::vector<Value> pop_items(std::size_t count) {
    std::vector<Value> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }

  // Containers.

  void add(Container& container, std::vector<Value> items) {
    constexpr int kMaxDepth = 16;  // A dictionary of a dictionary of a tensor's call needs six.
    if (container.closed) fail("a container changes after it was used");
    for (Value& item : items) {
      if (item.kind == Kind::kMark) fail("a mark as a value");
      if (item.container) {
        if (item.container.get() == &container) fail("a container that contains itself");
        item.container->closed = true;
        container.depth = std::max(container.depth, item.container->depth + 1);
        if (container.depth > kMaxDepth) fail("containers are nested too deeply");
      }
      container.items.push_back(std::move(item));
    }
  }
  void add_to_top(Kind kind, std::vector<Value> items) {
    if (top().kind != kind)
      fail(fmt::format("expected {} to add to, found {}", kind_name(kind), kind_name(top().kind)));
    if (kind == Kind::kDict && items.size() % 2 != 0) fail("a key without a value");
    add(*top().container, std::move(items));
  }

  void remember(std::uint64_t index) {
    if (top().kind == Kind::kMark) fail("a mark as a value");
    memo_[index] = top();
  }
  void recall(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail(fmt::format("memo {} is used before it is set", index));
    push(found->second);
  }

  // Calls.

  void push_global(std::string name) {
    const bool known = name == kRebuildTensor || name == kRebuildParameter || name == kOrderedDict ||
                       storage_dtype(name).has_value();
    if (!known) {
      std::replace(name.begin(), name.end(), ' ', '.');
      fail(fmt::format(
          "expected a dictionary of tensors, found {}. Only float32, float16, bfloat16, int64, "
          "int32, uint8 and bool tensors are read from a pickle; save the state_dict alone, or as "
          "safetensors",
          shown(name)));
    }
    push_text(Kind::kGlobal, std::move(name));
  }

  static bool is_global(const Value& value, std::string_view name) {
    return value.kind == Kind::kGlobal && *value.text == name;
  }

  std::int64_t size_of(const Value& value, const char* what) const {
    if (value.kind != Kind::kInteger || value.integer < 0)
      fail(fmt::format("expected {} >= 0, found {}", what,
                       value.kind == Kind::kInteger ? std::to_string(value.integer) : kind_name(value.kind)));
    return value.integer;
  }
  std::vector<std::int64_t> sizes_of(const Value& value, const char* what) const {
    constexpr std::size_t kMaxDimensions = 64;
    if (value.kind != Kind::kTuple || value.container->items.size() > kMaxDimensions)
      fail(fmt::format("expected a tuple of integers as {}, found {}", what, kind_name(value.kind)));
    std::vector<std::int64_t> sizes;
    for (const Value& item : value.container->items) sizes.push_back(size_of(item, what));
    return sizes;
  }

  // ("storage", type, key, location, elements)
  void push_storage() {
    const Value id = pop(Kind::kTuple, "a persistent id");
    const std::vector<Value>& items = id.container->items;
    const bool fits = items.size() == 5 && items[0].kind == Kind::kText && *items[0].text == "storage" &&
                      items[1].kind == Kind::kGlobal && items[2].kind == Kind::kText;
    const auto dtype = fits ? storage_dtype(*items[1].text) : std::nullopt;
    if (!dtype) fail("expected a storage as persistent id, found something else");
    auto tensor = std::make_shared<PickledTensor>();
    tensor->dtype = *dtype;
    tensor->storage = *items[2].text;
    tensor->storage_elements = static_cast<std::uint64_t>(size_of(items[4], "a number of elements"));
    Value value;
    value.kind = Kind::kStorage;
    value.tensor = std::move(tensor);
    push(std::move(value));
  }

  void reduce() {
    const Value arguments = pop(Kind::kTuple, "the arguments of a call");
    const Value function = pop(Kind::kGlobal, "the function of a call");
    const std::vector<Value>& items = arguments.container->items;
    if (is_global(function, kOrderedDict) && items.empty()) {
      push_container(Kind::kDict, {});
    } else if (is_global(function, kRebuildParameter) && !items.empty() && items[0].kind == Kind::kTensor) {
      push(items[0]);
    } else if (is_global(function, kRebuildTensor) && items.size() >= 6 && items[0].kind == Kind::kStorage) {
      auto tensor = std::make_shared<PickledTensor>(*items[0].tensor);
      tensor->offset = static_cast<std::uint64_t>(size_of(items[1], "a storage offset"));
      tensor->shape = sizes_of(items[2], "a tensor's size");
      tensor->strides = sizes_of(items[3], "a tensor's strides");
      if (tensor->shape.size() != tensor->strides.size())
        fail(fmt::format("expected {} strides, found {}", tensor->shape.size(), tensor->strides.size()));
      Value value;
      value.kind = Kind::kTensor;
      value.tensor = std::move(tensor);
      push(std::move(value));
    } else {
      fail(fmt::format("unexpected arguments of {}", *function.text));
    }
  }

  // BUILD: torch keeps a state_dict's version numbers as an attribute of the dictionary.
  void build() {
    pop(Kind::kDict, "the attributes of a dictionary");
    if (top().kind != Kind::kDict)
      fail(fmt::format("expected attributes of a dictionary, found some of {}", kind_name(top().kind)));
  }

  bool push_literal(unsigned char code);
  bool make_container(unsigned char code);
  bool use_memo(unsigned char code);
  bool call(unsigned char code);
  bool step();  // True at the end.

  std::map<std::string, PickledTensor> tensors_of(const Value& value) const {
    if (value.kind != Kind::kDict)
      fail(fmt::format("expected a dictionary of tensors, found {}", kind_name(value.kind)));
    std::map<std::string, PickledTensor> tensors;
    const std::vector<Value>& items = value.container->items;
    for (std::size_t i = 0; i < items.size(); i += 2) {
      if (items[i].kind != Kind::kText)
        fail(fmt::format("expected a text as a tensor's name, found {}", kind_name(items[i].kind)));
      const std::string& name = *items[i].text;
      if (items[i + 1].kind != Kind::kTensor)
        fail(fmt::format("expected a tensor as {}, found {}. Save the state_dict alone, or as safetensors",
                         shown(name), kind_name(items[i + 1].kind)));
      if (!tensors.emplace(name, *items[i + 1].tensor).second)
        fail(fmt::format("tensor {} is there twice", shown(name)));
    }
    return tensors;
  }

  std::string_view pickle_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::size_t instruction_ = 0;  // Where the one that is being run begins.
  std::vector<Value> stack_;
  std::unordered_map<std::uint64_t, Value> memo_;
};

// Each of these runs the instructions of one kind. False: `code` is none of them.

// Values that stand in the pickle.
bool Machine::push_literal(unsigned char code) {
  switch (code) {
    case '(':  // MARK
      push(Kind::kMark);
      return true;
    case 'N':  // NONE
      push(Kind::kNone);
      return true;
    case 0x88:  // NEWTRUE
      push(Kind::kBool, 1);
      return true;
    case 0x89:  // NEWFALSE
      push(Kind::kBool, 0);
      return true;
    case 'K':  // BININT1
      push(Kind::kInteger, static_cast<std::int64_t>(take_number(1)));
      return true;
    case 'M':  // BININT2
      push(Kind::kInteger, static_cast<std::int64_t>(take_number(2)));
      return true;
    case 'J':  // BININT
      push(Kind::kInteger, static_cast<std::int32_t>(take_number(4)));
      return true;
    case 0x8a:  // LONG1
      push(Kind::kInteger, take_long());
      return true;
    case 'X':  // BINUNICODE
      push_text(Kind::kText, std::string(take(take_number(4))));
      return true;
    case 0x8c:  // SHORT_BINUNICODE
      push_text(Kind::kText, std::string(take(take_number(1))));
      return true;
    case 0x8d:  // BINUNICODE8
      push_text(Kind::kText, std::string(take(take_number(8))));
      return true;
    default:
      return false;
  }
}

// Tuples, lists and dictionaries.
bool Machine::make_container(unsigned char code) {
  switch (code) {
    case ')':  // EMPTY_TUPLE
      push_container(Kind::kTuple, {});
      return true;
    case 0x85:  // TUPLE1
    case 0x86:  // TUPLE2
    case 0x87:  // TUPLE3
      push_container(Kind::kTuple, pop_items(code - 0x84U));
      return true;
    case 't':  // TUPLE
      push_container(Kind::kTuple, pop_to_mark());
      return true;
    case '}':  // EMPTY_DICT
      push_container(Kind::kDict, {});
      return true;
    case ']':  // EMPTY_LIST
      push_container(Kind::kList, {});
      return true;
    case 's': {  // SETITEM
      std::vector<Value> items = pop_items(2);
      add_to_top(Kind::kDict, std::move(items));
      return true;
    }
    case 'u': {  // SETITEMS
      std::vector<Value> items = pop_to_mark();
      add_to_top(Kind::kDict, std::move(items));
      return true;
    }
    case 'a': {  // APPEND
      std::vector<Value> items = pop_items(1);
      add_to_top(Kind::kList, std::move(items));
      return true;
    }
    case 'e': {  // APPENDS
      std::vector<Value> items = pop_to_mark();
      add_to_top(Kind::kList, std::move(items));
      return true;
    }
    default:
      return false;
  }
}

// What is remembered and recalled.
bool Machine::use_memo(unsigned char code) {
  switch (code) {
    case 'q':  // BINPUT
      remember(take_number(1));
      return true;
    case 'r':  // LONG_BINPUT
      remember(take_number(4));
      return true;
    case 0x94:  // MEMOIZE
      remember(memo_.size());
      return true;
    case 'h':  // BINGET
      recall(take_number(1));
      return true;
    case 'j':  // LONG_BINGET
      recall(take_number(4));
      return true;
    default:
      return false;
  }
}

// Globals and what is done with them.
bool Machine::call(unsigned char code) {
  switch (code) {
    case 'c': {  // GLOBAL
      std::string name(take_line());
      name += ' ';
      name += take_line();
      push_global(std::move(name));
      return true;
    }
    case 0x93: {  // STACK_GLOBAL
      const Value name = pop(Kind::kText, "a global's name");
      const Value module = pop(Kind::kText, "a global's module");
      push_global(*module.text + " " + *name.text);
      return true;
    }
    case 'Q':  // BINPERSID
      push_storage();
      return true;
    case 'R':  // REDUCE
      reduce();
      return true;
    case 'b':  // BUILD
      build();
      return true;
    default:
      return false;
  }
}

bool Machine::step() {
  instruction_ = at_;
  const auto code = static_cast<unsigned char>(take(1)[0]);
  switch (code) {
    case 0x80: {  // PROTO
      const std::uint64_t version = take_number(1);
      if (version < 2 || version > 5) fail(fmt::format("expected pickle protocol 2 to 5, found {}", version));
      return false;
    }
    case 0x95:  // FRAME
      take(8);
      return false;
    case '.':  // STOP
      return true;
    default:
      if (!push_literal(code) && !make_container(code) && !use_memo(code) && !call(code))
        fail(fmt::format("instruction 0x{:02x} is not one that torch.save writes for tensors", code));
      return false;
  }
}

}  // namespace

std::map<std::string, PickledTensor> read_tensor_pickle(std::string_view pickle, const std::string& path) {
  return Machine(pickle, path).run();
}

}  // namespace gliner
