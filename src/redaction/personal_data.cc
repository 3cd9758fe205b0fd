#include "gliner/redact.h"

namespace gliner {

const std::vector<std::string>& personal_data_labels() {
  static const std::vector<std::string> labels = {"person",
                                                  "email",
                                                  "phone number",
                                                  "address",
                                                  "date of birth",
                                                  "credit card number",
                                                  "bank account number",
                                                  "iban",
                                                  "social security number",
                                                  "passport number",
                                                  "driver license number",
                                                  "tax id",
                                                  "medical record number",
                                                  "license plate",
                                                  "ip address",
                                                  "username",
                                                  "password"};
  return labels;
}

}  // namespace gliner
