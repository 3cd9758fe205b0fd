#include "io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "test_files.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::length_bytes;
using testing::safetensors;
using testing::TempFolder;

/// The message with which a file of these bytes is refused.
std::string refusal(const std::string& bytes) {
  const TempFolder folder;
  const std::string path = folder.write("model.safetensors", bytes);
  const std::string message = error_of<ModelError>([&] { WeightFile::open(path); });
  EXPECT_THAT(message, HasSubstr(path));
  return message;
}

/// One tensor "a" of two floats with another text instead of one field's value.
std::string one_tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

TEST(Safetensors, GivesNameDtypeShapeAndBytes) {
  const TempFolder folder;
  const std::string path =
      folder.write("m.safetensors", safetensors(R"({"__metadata__":{"format":"pt"},)"
                                                R"("w":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},)"
                                                R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} )",
                                                "0123abcdefghijkl"));
  const WeightFile file = WeightFile::open(path);
  EXPECT_EQ(file.path(), path);
  EXPECT_EQ(file.file_bytes(), static_cast<std::int64_t>(std::filesystem::file_size(path)));
  ASSERT_EQ(file.tensors().size(), 2u);
  const TensorView& w = file.tensors().at("w");
  EXPECT_EQ(w.name, "w");
  EXPECT_EQ(w.dtype, TensorDtype::kFloat16);
  EXPECT_THAT(w.shape, ElementsAre(2, 3));
  EXPECT_EQ(w.elements(), 6);
  EXPECT_EQ(w.bytes, 12u);
  EXPECT_EQ(w.file, path);
  EXPECT_EQ(std::memcmp(w.data, "abcdefghijkl", 12), 0);
  EXPECT_EQ(std::memcmp(file.tensors().at("b").data, "0123", 4), 0);
}

TEST(Safetensors, KnowsEveryDtypeByNameAndSize) {
  const std::vector<std::pair<TensorDtype, std::string>> dtypes = {
      {TensorDtype::kFloat32, "F32"}, {TensorDtype::kFloat16, "F16"}, {TensorDtype::kBFloat16, "BF16"},
      {TensorDtype::kInt64, "I64"},   {TensorDtype::kInt32, "I32"},   {TensorDtype::kUInt8, "U8"},
      {TensorDtype::kBool, "BOOL"}};
  const TempFolder folder;
  for (const auto& [dtype, name] : dtypes) {
    EXPECT_STREQ(dtype_name(dtype), name.c_str());
    const std::size_t bytes = 3 * dtype_size(dtype);
    const std::string path = folder.write(
        name, safetensors(one_tensor('"' + name + '"', "[3]", "[0," + std::to_string(bytes) + "]"),
                          std::string(bytes, 'x')));
    const WeightFile file = WeightFile::open(path);
    EXPECT_EQ(file.tensors().at("a").dtype, dtype) << name;
    EXPECT_EQ(file.tensors().at("a").elements(), 3) << name;
  }
}

TEST(Safetensors, AcceptsEmptyTensorsScalarsAndNoTensors) {
  const TempFolder folder;
  const std::string path =
      folder.write("m", safetensors(R"({"empty":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]},)"
                                    R"("first":{"dtype":"I64","shape":[3,0],"data_offsets":[0,0]},)"
                                    R"("scalar":{"dtype":"I32","shape":[],"data_offsets":[0,4]}})",
                                    "1234"));
  const WeightFile file = WeightFile::open(path);
  EXPECT_EQ(file.tensors().at("empty").elements(), 0);
  EXPECT_EQ(file.tensors().at("empty").bytes, 0u);
  EXPECT_EQ(file.tensors().at("scalar").elements(), 1);
  EXPECT_TRUE(WeightFile::open(folder.write("none", safetensors("{}"))).tensors().empty());
}

TEST(Safetensors, AZeroSizeExcusesNoOverflowAfterIt) {
  const TempFolder folder;
  // 0 x anything is 0, counted from the left as the format's own reader does.
  const std::string path =
      folder.write("m", safetensors(one_tensor("\"F32\"", "[0,9223372036854775807,4]", "[0,0]")));
  EXPECT_EQ(WeightFile::open(path).tensors().at("a").elements(), 0);
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[9223372036854775807,4,0]", "[0,0]"))),
              HasSubstr("too large to count"));
}

TEST(Safetensors, PassesOverFieldsThatItDoesNotKnow) {
  const TempFolder folder;
  const std::string path = folder.write(
      "m", safetensors(R"({"a":{"note":{"x":[1,{"y":null}],"z":-1.5},"dtype":"U8","flag":true,"shape":[2],)"
                       R"("list":[],"data_offsets":[0,2]}})",
                       "ab"));
  EXPECT_EQ(WeightFile::open(path).tensors().at("a").bytes, 2u);
}

TEST(Safetensors, KeepsItsBytesWhenMoved) {
  const TempFolder folder;
  const std::string path = folder.write("m", safetensors(one_tensor("\"U8\"", "[3]", "[0,3]"), "xyz"));
  WeightFile first = WeightFile::open(path);
  WeightFile second(std::move(first));
  WeightFile third = WeightFile::open(folder.write("n", safetensors("{}")));
  third = std::move(second);
  EXPECT_EQ(std::memcmp(third.tensors().at("a").data, "xyz", 3), 0);
}

TEST(Safetensors, ReadsTheBundledModel) {
  const WeightFile file = WeightFile::open(GLINER_DEMO_MODEL "/model.safetensors");
  const auto& tensors = file.tensors();
  const auto word = tensors.find("encoder.embeddings.word_embeddings.weight");
  ASSERT_NE(word, tensors.end());
  EXPECT_EQ(word->second.dtype, TensorDtype::kFloat16);
  EXPECT_THAT(word->second.shape, ElementsAre(10210, 384));
}

TEST(SafetensorsRefusal, FilesCutShortSayHowMuchIsMissing) {
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal(length_bytes(16).substr(0, 2)),
              HasSubstr("file is cut short: a safetensors file begins with 8 bytes, found 2"));
  EXPECT_THAT(refusal(length_bytes(100) + "{\"a\""),
              HasSubstr("file is cut short: expected a header of 100 bytes, found 4 (96 bytes missing)"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[4]", "[0,16]"), "12345")),
              HasSubstr("file is cut short: the tensors take 16 bytes, found 5 (11 bytes missing)"));
}

TEST(SafetensorsRefusal, EveryCutOfAGoodFileIsSeen) {
  const std::string good = safetensors(one_tensor("\"F32\"", "[2]", "[0,8]"), "12345678");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_THAT(refusal(good.substr(0, size)), ::testing::AnyOf(HasSubstr("cut short"), HasSubstr("empty")))
        << size;
  }
}

TEST(SafetensorsRefusal, HeaderLengthsAreBounded) {
  EXPECT_THAT(refusal(length_bytes(100'000'001) + "{}"), HasSubstr("a header of 100000001 bytes is above"));
  EXPECT_THAT(refusal(length_bytes(~std::uint64_t{0}) + "{}"), HasSubstr("not a safetensors file"));
  EXPECT_THAT(refusal(length_bytes(0)), HasSubstr("does not begin with {"));
}

TEST(SafetensorsRefusal, FilesOfAnotherKindAreNamed) {
  EXPECT_THAT(refusal("version https://git-lfs.example/spec/v1\noid sha256:0\nsize 12\n"),
              HasSubstr("Git LFS pointer"));
  EXPECT_THAT(refusal("PK\x03\x04 and the rest of a zip file"), HasSubstr("expected a zip archive"));
  EXPECT_THAT(refusal("\x80\x04\x95 and the rest of a pickle"), HasSubstr("looks like a pickle"));
  EXPECT_THAT(refusal("<!DOCTYPE html><html></html>"), HasSubstr("web page"));
  EXPECT_THAT(refusal(safetensors(" {}")), HasSubstr("does not begin with {"));
  EXPECT_THAT(refusal(safetensors("[]")), HasSubstr("does not begin with {"));
}

TEST(SafetensorsRefusal, BrokenHeadersAreNamedByTheirPlace) {
  EXPECT_THAT(refusal(safetensors("{\"a\":")), HasSubstr("broken JSON near byte"));
  EXPECT_THAT(refusal(safetensors("{} {}")), HasSubstr("broken JSON near byte 4"));
  EXPECT_THAT(refusal(safetensors("{\"\xff\":1}")), HasSubstr("broken JSON"));
  EXPECT_THAT(refusal(safetensors(std::string("{}\0\0", 4))),
              HasSubstr("broken JSON near byte 3: a NUL byte"));
  EXPECT_THAT(refusal(safetensors("{\"a\":1}")), HasSubstr("tensor \"a\": an object, found 1"));
  EXPECT_THAT(refusal(safetensors("{\"a\":[]}")), HasSubstr("found an array"));
  EXPECT_THAT(refusal(safetensors("{\"a\":{}}")),
              HasSubstr("tensor \"a\": needs dtype, shape and data_offsets"));
  EXPECT_THAT(refusal(safetensors(R"({"a":{"dtype":"F32","shape":[]}})")), HasSubstr("needs dtype"));
  EXPECT_THAT(refusal(safetensors(R"({"__metadata__":{"a":1}})")),
              HasSubstr("texts as __metadata__, found 1"));
  EXPECT_THAT(refusal(safetensors(R"({"__metadata__":{"a":{}}})")),
              HasSubstr("texts as __metadata__, found an object"));
  EXPECT_THAT(refusal(safetensors(R"({"__metadata__":null})")), HasSubstr("__metadata__, found null"));
}

TEST(SafetensorsRefusal, FieldsOfAnotherTypeAreNamed) {
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F64\"", "[]", "[0,8]"), "12345678")),
              AllOf(HasSubstr("tensor \"a\""), HasSubstr("supported dtype"), HasSubstr("found \"F64\"")));
  EXPECT_THAT(refusal(safetensors(one_tensor("32", "[]", "[0,8]"))), HasSubstr("supported dtype"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "2", "[0,8]"))), HasSubstr("as shape, found 2"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[-2]", "[0,8]"))), HasSubstr("as shape, found -2"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[2.0]", "[0,8]"))),
              HasSubstr("as shape, found 2.0"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[[2]]", "[0,8]"))),
              HasSubstr("as shape, found an array"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[true]", "[0,8]"))),
              HasSubstr("as shape, found true"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[18446744073709551615]", "[0,8]"))),
              HasSubstr("found 18446744073709551615"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[18446744073709551616]", "[0,8]"))),
              HasSubstr("found 18446744073709551616"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[1e999]", "[0,8]"))), HasSubstr("1e999"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[2]", "[0]"))),
              HasSubstr("data_offsets, found 1 of them"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[2]", "[0,8,9]"))),
              HasSubstr("found a third number"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[2]", "[-1,7]"))),
              HasSubstr("data_offsets, found -1"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[2]", "{}"))),
              HasSubstr("data_offsets, found an object"));
}

TEST(SafetensorsRefusal, AnythingTwiceIsRefused) {
  const std::string tensor = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_THAT(refusal(safetensors("{" + tensor + "," + tensor + "}")),
              HasSubstr("tensor \"a\" is there twice"));
  EXPECT_THAT(refusal(safetensors(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})")),
              HasSubstr("tensor \"a\": dtype is there twice"));
  EXPECT_THAT(refusal(safetensors(R"({"__metadata__":{},"__metadata__":{}})")),
              HasSubstr("__metadata__ is there twice"));
}

TEST(SafetensorsRefusal, BytesMustFitShapeAndDtype) {
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[3]", "[0,8]"), "12345678")),
              HasSubstr("tensor \"a\" (F32 [3]): expected 12 bytes, data_offsets [0, 8] give 8"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[2]", "[8,0]"), "12345678")),
              HasSubstr("end before they begin"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"F32\"", "[4611686018427387904]", "[0,0]"))),
              HasSubstr("too large to count"));
  EXPECT_THAT(refusal(safetensors(one_tensor("\"U8\"", "[4294967296,4294967296]", "[0,0]"))),
              HasSubstr("too large to count"));
  EXPECT_THAT(
      refusal(safetensors(one_tensor("\"U8\"", "[1]", "[18446744073709551614,18446744073709551615]"), "x")),
      HasSubstr("with a hole after"));
}

TEST(SafetensorsRefusal, HolesOverlapsAndRestsAreNamed) {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  EXPECT_THAT(
      refusal(safetensors(two("[0,4]", "[5,9]"), "123456789")),
      HasSubstr(
          "tensor \"b\" begins at byte 5 of the data, with a hole after the end of the one before at 4"));
  EXPECT_THAT(refusal(safetensors(two("[3,7]", "[0,4]"), "1234567")),
              HasSubstr("tensor \"a\" begins at byte 3 of the data, before the end of the one before at 4"));
  EXPECT_THAT(refusal(safetensors(two("[0,4]", "[0,4]"), "1234")),
              HasSubstr("before the end of the one before at 4"));
  EXPECT_THAT(refusal(safetensors(two("[1,5]", "[5,9]"), "123456789")), HasSubstr("with a hole after"));
  EXPECT_THAT(refusal(safetensors(two("[0,4]", "[4,8]"), "12345678xyz")),
              HasSubstr("3 bytes after the last tensor belong to none"));
}

TEST(SafetensorsRefusal, DimensionsAreBounded) {
  const auto ones = [](int count) {
    std::string shape = "[1";
    for (int i = 1; i < count; ++i) shape += ",1";
    return shape + "]";
  };
  const TempFolder folder;
  const std::string path = folder.write("m", safetensors(one_tensor("\"U8\"", ones(64), "[0,1]"), "x"));
  EXPECT_EQ(WeightFile::open(path).tensors().at("a").shape.size(), 64u);
  EXPECT_THAT(refusal(safetensors(one_tensor("\"U8\"", ones(65), "[0,1]"), "x")),
              HasSubstr("more than 64 dimensions"));
}

TEST(SafetensorsRefusal, DeeplyNestedHeadersAreNoDanger) {
  const std::string deep = R"({"a":{"x":)" + std::string(200'000, '[');
  EXPECT_THAT(refusal(safetensors(deep)), HasSubstr("broken JSON"));
}

TEST(SafetensorsRefusal, LongNamesAreCutInMessages) {
  const std::string name(5000, 'n');
  const std::string message = refusal(safetensors("{\"" + name + "\":1}"));
  EXPECT_THAT(message, HasSubstr("nnn\"..."));
  EXPECT_LT(message.size(), 400u);
}

TEST(SafetensorsRefusal, MissingFilesAndFoldersAreNamed) {
  const TempFolder folder;
  EXPECT_THAT(error_of<ModelError>([&] { WeightFile::open(folder.path("none.safetensors")); }),
              HasSubstr("cannot open"));
  EXPECT_THAT(error_of<ModelError>([&] { WeightFile::open(folder.path()); }),
              HasSubstr("expected a regular file"));
}

}  // namespace
}  // namespace gliner
