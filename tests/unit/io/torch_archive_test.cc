#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "io/safetensors.h"
#include "io/tensor_pickle.h"
#include "test_files.h"
#include "torch_files.h"

namespace gliner {
namespace {

using testing::dictionary;
using ::testing::ElementsAre;
using testing::error_of;
using testing::global;
using ::testing::HasSubstr;
using testing::integer;
using testing::integers;
using testing::ordered_dict;
using testing::storage;
using testing::TempFolder;
using testing::tensor;
using testing::text;
using testing::torch_file;
using testing::tuple;
using testing::zip_archive;
using testing::ZipForm;

/// The message with which a file of these bytes is refused.
std::string refusal(const std::string& bytes) {
  const TempFolder folder;
  const std::string path = folder.write("pytorch_model.bin", bytes);
  const std::string message = error_of<ModelError>([&] { WeightFile::open(path); });
  EXPECT_THAT(message, HasSubstr(path));
  return message;
}

/// The message with which a pickle is refused, in an archive that holds storage "0" of 24 bytes.
std::string pickle_refusal(const std::string& pickle) {
  return refusal(torch_file(pickle, {{"0", "abcdefghijklmnopqrstuvwx"}}));
}

/// The bytes of a tensor in a file of one storage "0" of the halves 0a 1a 2a ... (two characters each).
std::string halves(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
                   std::int64_t offset) {
  const TempFolder folder;
  const std::string path = folder.write(
      "m.bin", torch_file(dictionary({{"w", tensor(storage("HalfStorage", "0", 6), offset, shape, strides)}}),
                          {{"0", "0a1a2a3a4a5a"}}));
  const WeightFile file = WeightFile::open(path);
  const TensorView& w = file.tensors().at("w");
  EXPECT_EQ(w.dtype, TensorDtype::kFloat16);
  EXPECT_EQ(w.shape, shape);
  return {reinterpret_cast<const char*>(w.data), w.bytes};
}

TEST(TorchArchive, GivesNameDtypeShapeAndBytes) {
  for (const ZipForm& form : {ZipForm{}, ZipForm{true}, ZipForm{false, 0, 0, 0, 0, "a comment PK\x05\x06"}}) {
    const TempFolder folder;
    const std::string path = folder.write(
        "pytorch_model.bin",
        torch_file(dictionary({{"a.weight", tensor(storage("FloatStorage", "0", 3), 1, {2, 1}, {1, 1})},
                               {"b", tensor(storage("LongStorage", "1", 1), 0, {}, {})}}),
                   {{"0", "aaaabbbbcccc"}, {"1", "12345678"}}, form));
    const WeightFile file = WeightFile::open(path);
    ASSERT_EQ(file.tensors().size(), 2u);
    const TensorView& a = file.tensors().at("a.weight");
    EXPECT_EQ(a.name, "a.weight");
    EXPECT_EQ(a.dtype, TensorDtype::kFloat32);
    EXPECT_THAT(a.shape, ElementsAre(2, 1));
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(a.data), a.bytes), "bbbbcccc");
    EXPECT_EQ(a.file, path);
    const TensorView& b = file.tensors().at("b");
    EXPECT_EQ(b.dtype, TensorDtype::kInt64);
    EXPECT_TRUE(b.shape.empty());
    EXPECT_EQ(b.elements(), 1);
    EXPECT_EQ(file.file_bytes(), static_cast<std::int64_t>(std::filesystem::file_size(path)));
  }
}

TEST(TorchArchive, PutsStridedTensorsInOrder) {
  EXPECT_EQ(halves({2, 3}, {3, 1}, 0), "0a1a2a3a4a5a");
  EXPECT_EQ(halves({3, 2}, {1, 3}, 0), "0a3a1a4a2a5a") << "transposed";
  EXPECT_EQ(halves({2, 2}, {3, 1}, 1), "1a2a4a5a") << "columns of a matrix";
  EXPECT_EQ(halves({3}, {2}, 1), "1a3a5a");
  EXPECT_EQ(halves({2, 2}, {0, 1}, 4), "4a5a4a5a") << "expanded";
  EXPECT_EQ(halves({1, 2, 1}, {77, 1, 99}, 2), "2a3a") << "the stride of one row means nothing";
  EXPECT_EQ(halves({0, 5}, {5, 1}, 0), "");
  EXPECT_EQ(halves({0}, {1}, 6), "");
}

TEST(TorchArchive, ReadsWhatStateDictsAndParametersAreWrittenAs) {
  const std::string w = tensor(storage("BFloat16Storage", "0", 2), 0, {2}, {1});
  const std::string parameter =
      global("torch._utils", "_rebuild_parameter") + tuple({w, "\x88", ordered_dict()}) + "R";
  // An OrderedDict with the attribute _metadata, memo entries of both kinds, one item alone.
  const std::string versions = "}(" + text("_metadata") + ordered_dict() + "(" + text("") + "}" +
                               text("version") + "K\x01" + "su" + "u";
  const std::string pickle = "\x80\x02" + ordered_dict() + "q\x01r" + testing::number(0x102, 4) + "(" +
                             text("a") + w + "q\x05" + text("b") + parameter + text("c") + "h\x05" + "u" +
                             text("d") + w + "s" + versions + "b.";
  const TempFolder folder;
  const WeightFile file = WeightFile::open(folder.write("m.bin", torch_file(pickle, {{"0", "wxyz"}})));
  ASSERT_EQ(file.tensors().size(), 4u);
  for (const auto& [name, view] : file.tensors())
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(view.data), view.bytes), "wxyz") << name;
}

TEST(TorchArchive, ReadsProtocolFour) {
  const auto short_text = [](const std::string& value) {
    return "\x8c" + testing::number(value.size(), 1) + value;
  };
  const auto stack_global = [&](const std::string& module, const std::string& name) {
    return short_text(module) + "\x94" + short_text(name) + "\x94\x93\x94";
  };
  const std::string w = stack_global("torch._utils", "_rebuild_tensor_v2") + "((" + short_text("storage") +
                        stack_global("torch", "ByteStorage") + short_text("0") + short_text("cpu") +
                        "K\x04t" + "QK" + std::string(1, '\0') + "K\x04\x85K\x01\x85\x89" +
                        stack_global("collections", "OrderedDict") + ")Rt" + "R";
  const std::string pickle = "\x80\x04\x95" + std::string(8, '\0') + "}\x94(" + short_text("w") + w + "u.";
  const TempFolder folder;
  const WeightFile file = WeightFile::open(folder.write("m.bin", torch_file(pickle, {{"0", "wxyz"}})));
  EXPECT_EQ(file.tensors().at("w").dtype, TensorDtype::kUInt8);
  EXPECT_THAT(file.tensors().at("w").shape, ElementsAre(4));
}

TEST(TorchArchive, ReadsShards) {
  const TempFolder folder;
  const auto one = [](const std::string& name) {
    return torch_file(dictionary({{name, tensor(storage("FloatStorage", "0", 1), 0, {1}, {1})}}),
                      {{"0", "abcd"}});
  };
  folder.write("pytorch_model-1.bin", one("a"));
  folder.write("pytorch_model-2.bin", one("b"));
  const std::string index =
      folder.write("pytorch_model.bin.index.json",
                   R"({"weight_map":{"a":"pytorch_model-1.bin","b":"pytorch_model-2.bin"}})");
  EXPECT_EQ(WeightFile::open(index).tensors().size(), 2u);
}

TEST(TorchArchive, RefusesEveryFunctionItDoesNotKnowByItsName) {
  EXPECT_THAT(pickle_refusal("\x80\x02" + global("os", "system") + tuple({text("echo")}) + "R."),
              HasSubstr("\"os.system\""));
  EXPECT_THAT(pickle_refusal("\x80\x04\x8c\x08"
                             "builtins\x8c\x04"
                             "eval\x93."),
              HasSubstr("\"builtins.eval\""));
  EXPECT_THAT(pickle_refusal(dictionary({{"w", storage("DoubleStorage", "0", 3)}})),
              HasSubstr("\"torch.DoubleStorage\""));
  EXPECT_THAT(pickle_refusal(dictionary({{"w", global("torch.storage", "_load_from_bytes")}})),
              HasSubstr("\"torch.storage._load_from_bytes\""));
  EXPECT_THAT(pickle_refusal(std::string("\x80\x02") + '\x82' + "\x01."), HasSubstr("instruction 0x82"));
  EXPECT_THAT(pickle_refusal("\x80\x02(ios\nsystem\n."), HasSubstr("instruction 0x69")) << "INST";
  EXPECT_THAT(pickle_refusal("\x80\x02)\x81."), HasSubstr("instruction 0x81")) << "NEWOBJ";
  EXPECT_THAT(pickle_refusal("\x80\x02" + global("torch", "FloatStorage") + ")R."),
              HasSubstr("unexpected arguments of torch FloatStorage"));
}

TEST(TorchArchive, RefusesPicklesThatAreNoDictionaryOfTensors) {
  EXPECT_THAT(pickle_refusal("\x80\x02K\x01."),
              HasSubstr("expected a dictionary of tensors, found an integer"));
  EXPECT_THAT(pickle_refusal(dictionary({{"epoch", "K\x07"}})),
              HasSubstr("tensor as \"epoch\", found an integer"));
  EXPECT_THAT(pickle_refusal("\x80\x02}K\x01Ns."), HasSubstr("text as a tensor's name"));
  const std::string w = tensor(storage("FloatStorage", "0", 6), 0, {6}, {1});
  EXPECT_THAT(pickle_refusal(dictionary({{"w", w}, {"w", w}})), HasSubstr("\"w\" is there twice"));
  EXPECT_THAT(pickle_refusal(dictionary({{"w", storage("FloatStorage", "0", 6)}})),
              HasSubstr("found a storage"));
}

TEST(TorchArchive, RefusesBrokenPickles) {
  EXPECT_THAT(pickle_refusal(""), HasSubstr("byte 0: expected more bytes"));
  EXPECT_THAT(pickle_refusal("\x80"), HasSubstr("expected more bytes"));
  EXPECT_THAT(pickle_refusal("\x80\x06."), HasSubstr("protocol 2 to 5, found 6"));
  EXPECT_THAT(pickle_refusal("\x80\x02}"), HasSubstr("expected more bytes")) << "no end";
  EXPECT_THAT(pickle_refusal("\x80\x02."), HasSubstr("without its operand"));
  EXPECT_THAT(pickle_refusal("\x80\x02t."), HasSubstr("without its mark"));
  EXPECT_THAT(pickle_refusal("\x80\x02h\x03."), HasSubstr("memo 3 is used before it is set"));
  EXPECT_THAT(pickle_refusal("\x80\x02X\xff\xff\xff\xff"
                             "abc."),
              HasSubstr("expected more bytes"));
  EXPECT_THAT(pickle_refusal("\x80\x02\x8d" + std::string(8, '\xff') + "abc."),
              HasSubstr("expected more bytes"));
  EXPECT_THAT(pickle_refusal("\x80\x02"
                             "cno line's end"),
              HasSubstr("line's end"));
  EXPECT_THAT(pickle_refusal("\x80\x02}(" + text("key alone") + "u."), HasSubstr("a key without a value"));
  EXPECT_THAT(pickle_refusal("\x80\x02K\x01(u."),
              HasSubstr("expected a dictionary to add to, found an integer"));
  EXPECT_THAT(pickle_refusal("\x80\x02((t."), HasSubstr("expected a dictionary of tensors"))
      << "a mark is left";
  EXPECT_THAT(pickle_refusal("\x80\x02(\x85."), HasSubstr("a mark as a value"));
  EXPECT_THAT(pickle_refusal("\x80\x02\x8a\x09"
                             "123456789."),
              HasSubstr("more than 64 bits"));
}

TEST(TorchArchive, RefusesContainersWithoutEnd) {
  EXPECT_THAT(pickle_refusal("\x80\x02]q\x01h\x01"
                             "a."),
              HasSubstr("a container that contains itself"));
  EXPECT_THAT(pickle_refusal("\x80\x02]q\x01]q\x02h\x01"
                             "ah\x01h\x02"
                             "a."),
              HasSubstr("a container changes after it was used"));
  EXPECT_THAT(pickle_refusal("\x80\x02)" + std::string(100000, '\x85') + "."),
              HasSubstr("nested too deeply"));
}

TEST(TorchArchive, RefusesTensorsBeyondTheirStorage) {
  const auto beyond = [](std::int64_t offset, const std::vector<std::int64_t>& shape,
                         const std::vector<std::int64_t>& strides) {
    return pickle_refusal(
        dictionary({{"w", tensor(storage("FloatStorage", "0", 6), offset, shape, strides)}}));
  };
  const std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_THAT(beyond(0, {7}, {1}), HasSubstr("within the 6 elements of its storage, found size [7]"));
  EXPECT_THAT(beyond(1, {6}, {1}), HasSubstr("offset 1"));
  EXPECT_THAT(beyond(0, {2, 2}, {5, 1}), HasSubstr("strides [5, 1]"));
  EXPECT_THAT(beyond(huge, {1}, {1}), HasSubstr("within the 6 elements"));
  EXPECT_THAT(beyond(0, {huge, 8}, {1, 1}), HasSubstr("within the 6 elements"));
  EXPECT_THAT(beyond(0, {2, 2}, {huge, huge}), HasSubstr("within the 6 elements"));
  EXPECT_THAT(beyond(0, {3, 3}, {huge, huge}), HasSubstr("within the 6 elements")) << "wraps around";
  EXPECT_THAT(beyond(0, {std::int64_t{1} << 40}, {0}), HasSubstr("take more than the file's"));
  EXPECT_THAT(beyond(-1, {1}, {1}), HasSubstr("expected a storage offset >= 0, found -1"));
  EXPECT_THAT(beyond(0, {-6}, {1}), HasSubstr("a tensor's size >= 0, found -6"));
  EXPECT_THAT(beyond(0, {6}, {-1}), HasSubstr("a tensor's strides >= 0, found -1"));
  EXPECT_THAT(beyond(0, {6}, {1, 1}), HasSubstr("expected 1 strides, found 2"));
}

TEST(TorchArchive, RefusesStoragesThatAreNotWhatThePickleSays) {
  const auto with_storage = [](const std::string& type, const std::string& key, std::int64_t elements) {
    return pickle_refusal(dictionary({{"w", tensor(storage(type, key, elements), 0, {1}, {1})}}));
  };
  EXPECT_THAT(with_storage("FloatStorage", "1", 6), HasSubstr("its storage \"1\" is missing"));
  EXPECT_THAT(with_storage("FloatStorage", "../version", 6), HasSubstr("is missing"));
  EXPECT_THAT(with_storage("FloatStorage", "0", 5), HasSubstr("expected 5 elements of 4 bytes"));
  EXPECT_THAT(with_storage("LongStorage", "0", std::int64_t{1} << 61), HasSubstr("found 24 bytes"));
  EXPECT_THAT(with_storage("FloatStorage", "0", -1), HasSubstr("a number of elements >= 0"));
  EXPECT_THAT(pickle_refusal(dictionary({{"w", integers({1, 2, 3, 4, 5}) + "Q"}})),
              HasSubstr("expected a storage as persistent id"));
}

TEST(TorchArchive, RefusesArchivesThatTorchDoesNotWrite) {
  const std::string pickle = dictionary({{"w", tensor(storage("FloatStorage", "0", 1), 0, {1}, {1})}});
  const auto with_form = [&](const ZipForm& form) {
    return refusal(torch_file(pickle, {{"0", "abcd"}}, form));
  };
  EXPECT_THAT(with_form({false, 8}), HasSubstr("found compression method 8"));
  EXPECT_THAT(with_form({false, 0, 1}), HasSubstr("is encrypted"));
  EXPECT_THAT(with_form({false, 0, 0, 1 << 20}), HasSubstr("cut short"));
  EXPECT_THAT(with_form({true, 0, 0, std::int64_t{1} << 62}), HasSubstr("cut short"));
  EXPECT_THAT(with_form({true, 0, 0, -1000}), HasSubstr("cut short")) << "a size that wraps around";
  EXPECT_THAT(with_form({false, 0, 0, 0, 1}),
              HasSubstr("expected 5 entries in the archive's directory, found 4"));
  EXPECT_THAT(with_form({true, 0, 0, 0, std::int64_t{1} << 62}),
              HasSubstr("entries in the archive's directory"));
  EXPECT_THAT(refusal(zip_archive({{"a/data.pkl", pickle}, {"b/data.pkl", pickle}})),
              HasSubstr("found several"));
  EXPECT_THAT(refusal(zip_archive({{"a/x/data.pkl", pickle}})), HasSubstr("without data.pkl"));
  EXPECT_THAT(refusal(zip_archive({{"a/x", "1"}, {"a/x", "2"}})), HasSubstr("\"a/x\" is there twice"));
  EXPECT_THAT(refusal(zip_archive({{"a/data.pkl", pickle}, {"a/byteorder", "big"}})),
              HasSubstr("expected byte order \"little\", found \"big\""));
  EXPECT_THAT(refusal("\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.and more"), HasSubstr("before 1.6"));
}

TEST(TorchArchive, RefusesEveryFileThatIsCutShort) {
  const std::string whole = torch_file(
      dictionary({{"w", tensor(storage("FloatStorage", "0", 2), 0, {2}, {1})}}), {{"0", "abcdefgh"}}, {true});
  for (std::size_t bytes = 4; bytes < whole.size(); ++bytes) refusal(whole.substr(0, bytes));
}

TEST(TorchArchive, NeverReadsBeyondAFileWithAnyByteChanged) {
  const std::string whole =
      torch_file(dictionary({{"w", tensor(storage("FloatStorage", "0", 2), 0, {2, 1}, {1, 2})}}),
                 {{"0", "abcdefgh"}}, {true});
  const TempFolder folder;
  std::size_t opened = 0;
  for (std::size_t at = 4; at < whole.size(); ++at)
    for (const int change : {1, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      const std::string path = folder.write("m.bin", bytes);
      try {
        const WeightFile file = WeightFile::open(path);
        for (const auto& [name, view] : file.tensors())
          for (std::size_t i = 0; i < view.bytes; ++i)
            opened += std::to_integer<std::size_t>(view.data[i]) != 0;
      } catch (const ModelError&) {
        continue;
      }
    }
  EXPECT_GT(opened, 0u) << "most bytes of padding and names do not matter";
}

}  // namespace
}  // namespace gliner
