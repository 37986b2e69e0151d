-- The definitions go; the attributes that they are about stay.
drop table custom_field_definition;
