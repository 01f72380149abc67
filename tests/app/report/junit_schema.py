"""What the readers of JUnit XML agree on, as an XML Schema of the parts that are used."""

_COUNT = '<xs:attribute name="{}" type="xs:nonNegativeInteger" use="required"/>'
_COUNTS = "".join(_COUNT.format(name) for name in ("tests", "failures", "errors"))
_TEXT = '<xs:attribute name="{}" type="xs:string" use="required"/>'
_RESULT = f"""
<xs:complexType name="result"><xs:simpleContent><xs:extension base="xs:string">
  {_TEXT.format("message")}{_TEXT.format("type")}
</xs:extension></xs:simpleContent></xs:complexType>"""

SCHEMA = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
{_RESULT}
<xs:element name="testsuites"><xs:complexType>
  <xs:sequence><xs:element ref="testsuite" maxOccurs="unbounded"/></xs:sequence>
  {_TEXT.format("name")}{_COUNTS}<xs:attribute name="time" type="xs:decimal"/>
</xs:complexType></xs:element>
<xs:element name="testsuite"><xs:complexType>
  <xs:sequence>
    <xs:element name="properties"><xs:complexType><xs:sequence>
      <xs:element name="property" maxOccurs="unbounded"><xs:complexType>
        {_TEXT.format("name")}{_TEXT.format("value")}
      </xs:complexType></xs:element>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element ref="testcase" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="system-out" type="xs:string" minOccurs="0"/>
  </xs:sequence>
  {_TEXT.format("name")}{_COUNTS}{_COUNT.format("skipped")}
  <xs:attribute name="time" type="xs:decimal"/>
</xs:complexType></xs:element>
<xs:element name="testcase"><xs:complexType>
  <xs:choice minOccurs="0">
    <xs:element name="failure" type="result"/>
    <xs:element name="error" type="result"/>
    <xs:element name="system-out" type="xs:string"/>
  </xs:choice>
  {_TEXT.format("name")}{_TEXT.format("classname")}<xs:attribute name="time" type="xs:decimal"/>
</xs:complexType></xs:element>
</xs:schema>"""
